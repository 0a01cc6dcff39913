package privdrop

// SetUmask sets the file creation mask of a process that stays who it is; a
// negative mask leaves it. [Apply] does it for one that changes. Windows has no
// such mask.
func SetUmask(mask int) { setUmask(mask) }
