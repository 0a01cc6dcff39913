-- 16 requests are written at once; wrk counts the responses.
function init(args)
  local one, all = wrk.format(), {}
  for i = 1, 16 do all[i] = one end
  batch = table.concat(all)
end

function request()
  return batch
end
