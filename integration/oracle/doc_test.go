// Package oracle compares the program with two servers that people trust,
// gunicorn and waitress: two hundred ordinary requests, the same bytes to each,
// to an application that answers with its environ and the body it read.
//
//	           ┌─► modwsgi-express ─► JSON ─┐
//	request ───┼─► gunicorn        ─► JSON ─┼─► differences ─── testdata/differences.toml
//	           └─► waitress        ─► JSON ─┘
//
// Every difference has to be listed there with its reason; one that is listed
// and does not occur any more has to be taken out.
package oracle_test
