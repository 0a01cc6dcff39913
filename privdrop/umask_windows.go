package privdrop

func setUmask(int) {}
