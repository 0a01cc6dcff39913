// Package arch holds the rules of the source tree as tests: which package may
// import which, what lies at the top level, where build constraints may stand.
//
//	express ──► core ──► privdrop, platforms ──► std, libraries
//	   └──────► apacheconf ──────────────────► std
//	integration ──► all; nothing imports integration
//
// A rule that fails prints its reason: a reader who meets one has to know what
// it protects, and may then change rule and reason together.
package arch
