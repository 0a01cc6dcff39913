package privdrop

import (
	"errors"
	"fmt"
)

// UnprivilegedCandidate finds a user to serve as when nobody named one: the
// first service user of this machine (www-data, www, nobody, ...) that can run
// the interpreter and enter the directories. The interpreter is the program
// that runs in the end (sys.executable), not a shim before it. Without one the
// [*Error] has the reason for each.
func UnprivilegedCandidate(interpreter string, dirs ...string) (Identity, error) {
	return system().candidate(interpreter, dirs)
}

func (d database) candidate(interpreter string, dirs []string) (Identity, error) {
	var reasons []error
	for _, name := range serviceUsers {
		if _, ok, err := d.localUser(name); err != nil || !ok {
			continue // what only a directory server knows is nobody's default
		}
		id, err := d.resolve(name, "", nil)
		if err == nil {
			err = usable(id, interpreter, dirs)
		}
		if err == nil {
			return id, nil
		}
		reasons = append(reasons, err)
	}
	if len(reasons) == 0 {
		reasons = append(reasons, fmt.Errorf("%s has none of the usual service users", d.passwd))
	}
	return Identity{}, &Error{
		What: "cannot find an unprivileged user who can run " + interpreter,
		Hint: "name one: --user " + exampleUser() + ", with an interpreter that it can run: --python /usr/bin/python3",
		Err:  errors.Join(reasons...),
	}
}

func usable(id Identity, interpreter string, dirs []string) error {
	if err := id.Refuse(false); err != nil {
		return err
	}
	if err := CanExec(id, interpreter); err != nil {
		return err
	}
	for _, dir := range dirs {
		if err := CanEnter(id, dir); err != nil {
			return err
		}
	}
	return nil
}
