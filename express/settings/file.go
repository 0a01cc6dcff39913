package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"

	"github.com/BurntSushi/toml"

	"modwsgi-express/express/option"
)

// FileName is the configuration file that is read from the working directory
// without being asked for.
const FileName = "modwsgi-express.toml"

// maxFileSize bounds files of settings and of variables; they are written by
// hand.
const maxFileSize = 1 << 20

// fileLayer finds, reads and decodes the configuration file. The layers above
// it say where to look: --config, or the working directory.
func (s *Settings) fileLayer(above ...layer) (layer, []error) {
	path, explicit := s.findFile(above)
	data, err := s.readConfiguration(path, explicit)
	if errors.Is(err, fs.ErrNotExist) && !explicit {
		return nil, nil
	}
	if err != nil {
		return nil, []error{err}
	}
	s.File = path
	return decodeFile(s.displayPath(path), data)
}

// findFile returns the path of the file, and whether the user named it.
func (s *Settings) findFile(above []layer) (path string, explicit bool) {
	last := func(name string) (value string, found bool) {
		for _, l := range above {
			if e, ok := l[name]; ok {
				value, found = e.raw[len(e.raw)-1], true
			}
		}
		return value, found
	}
	if path, ok := last("config"); ok {
		return absolute(s.input.Directory, path), true
	}
	directory, _ := last("working-directory")
	return filepath.Join(absolute(s.input.Directory, directory), FileName), false
}

// displayPath is the path as short as it can be said.
func (s *Settings) displayPath(path string) string {
	if rel, err := filepath.Rel(s.input.Directory, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// readConfiguration reads the file. As root, a file that nobody named is read
// only if nobody but root can have written it: it decides whom the server
// becomes, and the working directory often belongs to the application's user.
func (s *Settings) readConfiguration(path string, explicit bool) ([]byte, error) {
	data, info, err := readBounded(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && !explicit {
			return nil, err
		}
		return nil, &Problem{Message: fmt.Sprintf("cannot read the configuration file %s: %v", s.displayPath(path), reason(err))}
	}
	if s.input.Root && !explicit {
		if why := untrusted(info); why != "" {
			return nil, &Problem{
				Message: fmt.Sprintf("cannot trust %s as root: %s", s.displayPath(path), why),
				Hint:    "name it with --config if it is to be used, or make it root's own (chown root, chmod go-w)",
			}
		}
	}
	return data, nil
}

// readBounded reads a whole regular file of at most maxFileSize, and tells the
// facts of that very file.
func readBounded(path string) ([]byte, fs.FileInfo, error) {
	// Looked at before it is opened: opening a named pipe would wait for ever.
	if info, err := os.Stat(path); err != nil {
		return nil, nil, err
	} else if !info.Mode().IsRegular() {
		return nil, nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(data) > maxFileSize {
		err = fmt.Errorf("it is larger than %s", option.FormatSize(maxFileSize))
	}
	return data, info, err
}

// reason is an error of the file system without operation and path, which the
// message around it has.
func reason(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// decodeFile makes a layer of a file's text.
func decodeFile(name string, data []byte) (layer, []error) {
	var keys map[string]any
	if _, err := toml.Decode(string(data), &keys); err != nil {
		return nil, []error{syntaxProblem(name, err)}
	}
	lines := keyLines(string(data))
	l := layer{}
	var problems []error
	for _, key := range sortedKeys(keys, lines) {
		origin := Origin{Layer: File, Name: name, Line: lines[key], Key: key}
		o := option.Find(key)
		if o == nil || o.NotInFile {
			problems = append(problems, unknownKey(origin, o))
			continue
		}
		if other, twice := l[o.Name]; twice {
			problems = append(problems, &Problem{
				Message: fmt.Sprintf("cannot use both %s (%s) and %s (%s): they are names of the same option", other.origin.Key, other.origin, key, origin),
				Hint:    "keep one of them",
			})
			continue
		}
		raw, err := rawValues(o, keys[key])
		if err != nil {
			problems = append(problems, &Problem{Message: fmt.Sprintf("cannot use %s (%s): %v", key, origin, err)})
			continue
		}
		l[o.Name] = entry{raw: raw, origin: origin}
	}
	return l, problems
}

func syntaxProblem(name string, err error) *Problem {
	var parseError toml.ParseError
	if errors.As(err, &parseError) {
		return &Problem{Message: fmt.Sprintf("cannot read the configuration file %s:%d: %s", name, parseError.Position.Line, parseError.Message)}
	}
	return &Problem{Message: fmt.Sprintf("cannot read the configuration file %s: %v", name, err)}
}

func unknownKey(origin Origin, o *option.Option) *Problem {
	if o != nil {
		return &Problem{Message: fmt.Sprintf("cannot use %s (%s): it cannot stand in a file", origin.Key, origin), Hint: "give it as " + o.Flag() + " or " + o.Env()}
	}
	return unknown(fmt.Sprintf("%s (%s)", origin.Key, origin), origin.Key, func(_ *option.Option, near string) string { return near })
}

// sortedKeys orders keys as they stand in the file.
func sortedKeys(keys map[string]any, lines map[string]int) []string {
	names := make([]string, 0, len(keys))
	for k := range keys {
		names = append(names, k)
	}
	sort.Slice(names, func(i, j int) bool {
		if a, b := lines[names[i]], lines[names[j]]; a != b {
			return a < b
		}
		return names[i] < names[j]
	})
	return names
}

// rawValues spells a value of TOML as a command line would have it, so that
// every layer is judged by the same rules.
func rawValues(o *option.Option, v any) ([]string, error) {
	switch v := v.(type) {
	case []any:
		if !o.Repeatable() {
			return nil, fmt.Errorf("expected %s, not a list", o.Expects())
		}
		raw := []string{}
		for _, item := range v {
			text, err := rawScalar(o, item)
			if err != nil {
				return nil, err
			}
			raw = append(raw, text)
		}
		return raw, nil
	case map[string]any:
		if o.Kind != option.Pairs {
			return nil, fmt.Errorf("expected %s, not a table", o.Expects())
		}
		raw := []string{}
		for _, name := range sortedKeys(v, nil) {
			text, err := rawScalar(o, v[name])
			if err != nil {
				return nil, err
			}
			raw = append(raw, name+"="+text)
		}
		return raw, nil
	default:
		text, err := rawScalar(o, v)
		return []string{text}, err
	}
}

func rawScalar(o *option.Option, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case int64:
		if o.Kind == option.Mode {
			// 660 and 0o660 are different numbers there and look alike.
			return "", errors.New(`expected permission bits as a string, such as "0660"`)
		}
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case bool:
		if o.Kind == option.Bool {
			return map[bool]string{true: "on", false: "off"}[v], nil
		}
		return strconv.FormatBool(v), nil
	default:
		return "", fmt.Errorf("expected %s", o.Expects())
	}
}
