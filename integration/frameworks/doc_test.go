// Package frameworks serves real applications: the same one in Flask, Django,
// Pyramid, Falcon and Bottle (integration/apps/frameworks), projects as the
// frameworks' own tools and tutorials make them, and a stdlib one under every
// Python of the machine.
package frameworks_test
