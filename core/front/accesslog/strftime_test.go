package accesslog_test

import (
	"testing"
	"time"

	"modwsgi-express/core/exchange"
)

// TestStrftime compares with what date(1) writes in the C locale.
func TestStrftime(t *testing.T) {
	const all = "%a|%A|%b|%B|%c|%C|%d|%D|%e|%F|%g|%G|%h|%H|%I|%j|%k|%l|%m|%M|%p|%P|%r|%R|%s|%S|%T|%u|%w|%U|%W|%V|%y|%Y|%x|%X"
	f := parse(t, "%{"+all+"}t")
	for _, tt := range []struct {
		second int64
		want   string
	}{
		{1767225600, "Thu|Thursday|Jan|January|Thu Jan  1 00:00:00 2026|20|01|01/01/26| 1|2026-01-01|26|2026|Jan|00|12|001| 0|12|01|00|AM|am|12:00:00 AM|00:00|1767225600|00|00:00:00|4|4|00|00|01|26|2026|01/01/26|00:00:00"},
		{1735561805, "Mon|Monday|Dec|December|Mon Dec 30 12:30:05 2024|20|30|12/30/24|30|2024-12-30|25|2025|Dec|12|12|365|12|12|12|30|PM|pm|12:30:05 PM|12:30|1735561805|05|12:30:05|1|1|52|53|01|24|2024|12/30/24|12:30:05"},
		{1798981559, "Sun|Sunday|Jan|January|Sun Jan  3 13:05:59 2027|20|03|01/03/27| 3|2027-01-03|26|2026|Jan|13|01|003|13| 1|01|05|PM|pm|01:05:59 PM|13:05|1798981559|59|13:05:59|7|0|01|00|53|27|2027|01/03/27|13:05:59"},
		{1709251199, "Thu|Thursday|Feb|February|Thu Feb 29 23:59:59 2024|20|29|02/29/24|29|2024-02-29|24|2024|Feb|23|11|060|23|11|02|59|PM|pm|11:59:59 PM|23:59|1709251199|59|23:59:59|4|4|08|09|09|24|2024|02/29/24|23:59:59"},
		{1672570800, "Sun|Sunday|Jan|January|Sun Jan  1 11:00:00 2023|20|01|01/01/23| 1|2023-01-01|22|2022|Jan|11|11|001|11|11|01|00|AM|am|11:00:00 AM|11:00|1672570800|00|11:00:00|7|0|01|00|52|23|2023|01/01/23|11:00:00"},
		{978253749, "Sun|Sunday|Dec|December|Sun Dec 31 09:09:09 2000|20|31|12/31/00|31|2000-12-31|00|2000|Dec|09|09|366| 9| 9|12|09|AM|am|09:09:09 AM|09:09|978253749|09|09:09:09|7|0|53|52|52|00|2000|12/31/00|09:09:09"},
	} {
		x := sample(func(x *exchange.Exchange) { x.Start = time.Unix(tt.second, 0).UTC() })
		if got := string(f.Append(nil, x, end)); got != tt.want {
			t.Errorf("\n got %s\nwant %s", got, tt.want)
		}
	}
}

func TestStrftimeZone(t *testing.T) {
	f := parse(t, "%{%z %Z %%}t %{end:plain}t")
	if got := string(f.Append(nil, sample(), end)); got != "+0200 CEST % plain" {
		t.Errorf("got %s", got)
	}
}
