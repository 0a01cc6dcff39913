package privdrop

// createUser is the command that hints show for making a service user.
const createUser = "net user %s /add"

// maxGroups is not reached: Windows has no list to set.
const maxGroups = 1024

func systemDirectory() directory { return nowhere{} }

// nowhere is the user database of a system whose accounts are not users and
// groups with numbers.
type nowhere struct{}

func (nowhere) name() string                       { return "" }
func (nowhere) always() bool                       { return false }
func (nowhere) user(string) (account, bool, error) { return account{}, false, nil }
func (nowhere) group(string) (group, bool, error)  { return group{}, false, nil }
func (nowhere) groups(string) ([]int, bool, error) { return nil, false, nil }
