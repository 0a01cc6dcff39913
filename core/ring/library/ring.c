/*
 * The worker's side of the ring (see core/ring for every byte of it): claiming
 * requests and completing them, without a system call while both sides are busy.
 *
 * The library is loaded with ctypes.PyDLL by whatever CPython runs the
 * application, 3.8 to 3.14, with the interpreter lock and without it. So it
 * includes no header of Python and links nothing, not even libc: it declares the
 * functions of the stable ABI that it calls, and depends on no structure but
 * PyMethodDef, which is part of that ABI.
 *
 * Claims and completions happen while the interpreter lock is held; the spin
 * lock below is for interpreters that have none.
 */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long ssize;

/* ---- the stable ABI, as far as it is used ---- */

typedef struct _object PyObject;
typedef struct _ts PyThreadState;
typedef PyObject *(*PyCFunction)(PyObject *, PyObject *);
typedef struct {
	const char *name;
	PyCFunction function;
	int flags;
	const char *doc;
} PyMethodDef;
enum { METH_VARARGS = 1, METH_NOARGS = 4, METH_O = 8 };

extern PyObject *PyExc_ValueError;
extern void PyErr_SetString(PyObject *, const char *);
extern PyObject *PyErr_Occurred(void);
extern long PyLong_AsLong(PyObject *);
extern PyObject *PyBool_FromLong(long);
extern PyObject *PyBytes_FromStringAndSize(const char *, ssize);
extern int PyBytes_AsStringAndSize(PyObject *, char **, ssize *);
extern PyObject *PyTuple_GetItem(PyObject *, ssize);
extern ssize PyTuple_Size(PyObject *);
extern PyObject *PyDict_New(void);
extern int PyDict_SetItemString(PyObject *, const char *, PyObject *);
extern void Py_DecRef(PyObject *); /* of nothing, too */
extern PyObject *PyCFunction_NewEx(PyMethodDef *, PyObject *, PyObject *);
extern PyObject *Py_BuildValue(const char *, ...);
extern PyThreadState *PyEval_SaveThread(void);
extern void PyEval_RestoreThread(PyThreadState *);

/* ---- the system ---- */

#if defined(__x86_64__)
enum { SYS_write = 1, SYS_mmap = 9, SYS_munmap = 11, SYS_sched_yield = 24, SYS_futex = 202, SYS_exit_group = 231 };
static long call(long n, long a, long b, long c, long d, long e, long f)
{
	long r;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return r;
}
static void relax(void) { __asm__ volatile("pause"); }
#elif defined(__aarch64__)
enum { SYS_write = 64, SYS_mmap = 222, SYS_munmap = 215, SYS_sched_yield = 124, SYS_futex = 98, SYS_exit_group = 94 };
static long call(long n, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}
static void relax(void) { __asm__ volatile("yield"); }
#else
#error "this processor is not supported: the worker uses lanes there"
#endif
enum { EINTR = 4, FUTEX_WAIT = 0, FUTEX_WAKE = 1, PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1 };

/* The compiler may call these for copies it makes by itself. */
__attribute__((visibility("hidden"))) void *memcpy(void *to, const void *from, unsigned long n)
{
	u8 *d = to;
	const u8 *s = from;
#if defined(__x86_64__)
	__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
#else
	while (n >= 8) {
		*(u64 __attribute__((aligned(1), may_alias)) *)d = *(const u64 __attribute__((aligned(1), may_alias)) *)s;
		d += 8, s += 8, n -= 8;
	}
	while (n--)
		*d++ = *s++;
#endif
	return to;
}

/* ---- the region ---- */

enum {
	VERSION = 2, MAX_SLOTS = 256, SLOT_HEADER = 64,
	SUBMITTED = 64, BELL = 68, TAKEN = 128, COMPLETED = 192, SLEEPING = 256, WOKEN = 260, ASLEEP = 320, RINGS = 512,
	/* of a slot */
	STATE = 0, NUMBER = 4, ENVIRON = 8, BODY = 12, FLAGS = 16, THREAD = 20, FIRST = 24, HEAD_BYTES = 28, BODY_BYTES = 32,
	SECOND = 36,
	STATE_SUBMITTED = 1, CLAIMED = 2, DONE = 3,
	FLAG_OVER_LANE = 1, COMPLETE = 1, OVER_LANE = 2, EARLY = 3,
};

static u8 *region; /* 0 in a process that the worker forked */
static u64 region_size;
static u32 slots, slot_size, capacity, first;
static int front_bell;
static u32 stopping, lock;

static u32 *word(unsigned long at) { return (u32 *)(region + at); }
static u32 load(u32 *p) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
static void store(u32 *p, u32 v) { __atomic_store_n(p, v, __ATOMIC_SEQ_CST); }
static void add(u32 *p, u32 v) { __atomic_add_fetch(p, v, __ATOMIC_SEQ_CST); }
static int swap(u32 *p, u32 old, u32 new)
{
	return __atomic_compare_exchange_n(p, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static u8 *slot_at(u32 n) { return region + first + (unsigned long)n * slot_size; }
static u32 *slot_word(u8 *slot, u32 at) { return (u32 *)(slot + at); }

/* Without an interpreter lock several threads get here at once. Who holds the lock
 * may have lost its processor. */
static void acquire(void)
{
	for (u32 tries = 1; !swap(&lock, 0, 1); tries++)
		if (tries % 64)
			relax();
		else
			call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}
static void release(void) { store(&lock, 0); }

/* Takes the next request for a thread; -1: there is none. */
static int claim(u32 thread)
{
	int found = -1;
	acquire();
	u32 end = load(word(SUBMITTED)), taken = *word(TAKEN);
	while (found < 0 && taken != end) {
		u32 n = load(word(RINGS + 4 * (taken & (slots - 1))));
		taken++;
		if (n >= slots)
			continue;
		u8 *s = slot_at(n);
		u32 was = load(slot_word(s, STATE));
		/* The front may have taken it back, or may do so now. */
		if ((was & 3) == STATE_SUBMITTED && swap(slot_word(s, STATE), was, (was & ~3u) | CLAIMED)) {
			store(slot_word(s, THREAD), thread);
			found = (int)n;
		}
	}
	store(word(TAKEN), taken);
	release();
	return found;
}

static int more(void) { return load(word(SUBMITTED)) != load(word(TAKEN)); }

/* Puts a slot into the completion ring. */
static void push(u32 n)
{
	acquire();
	u32 at = *word(COMPLETED);
	store(word(RINGS + 4 * slots + 4 * (at & (2 * slots - 1))), n);
	store(word(COMPLETED), at + 1);
	release();
}

/* Wakes the front if it sleeps. */
static void ring_front(void)
{
	static const u64 one = 1;
	if (load(word(ASLEEP)) == 1 && swap(word(ASLEEP), 1, 0))
		while (call(SYS_write, front_bell, (long)&one, 8, 0, 0, 0) == -EINTR)
			;
}

/* After an answer: the front hears of it now, unless there is more to do; then of
 * the next one, or it looks by itself. */
static void tell_front(void)
{
	if (!more())
		ring_front();
}

/* Waits until something was published, or for no reason. */
static void wait_for_work(void)
{
	add(word(SLEEPING), 1);
	u32 bell = load(word(BELL));
	if (!more() && !load(&stopping)) {
		PyThreadState *saved = PyEval_SaveThread();
		call(SYS_futex, (long)word(BELL), FUTEX_WAIT, (long)bell, 0, 0, 0);
		PyEval_RestoreThread(saved);
	}
	/* In this order: who sees the wait counted as ended does not see it as a sleep. */
	add(word(SLEEPING), (u32)-1);
	add(word(WOKEN), 1);
}

static PyObject *none(void) { return Py_BuildValue(""); }

/* A process that the worker forked has no ring, and no request that it could end. */
static void need_region(void)
{
	if (!region)
		call(SYS_exit_group, 1, 0, 0, 0, 0, 0);
}

/* ---- what Python calls ---- */

/* take(thread) -> (slot, number, flags, environ, body), or None when stopping. */
static PyObject *take(PyObject *self, PyObject *arg)
{
	long thread = PyLong_AsLong(arg);
	(void)self;
	if (thread == -1 && PyErr_Occurred())
		return 0;
	need_region();
	int n;
	while ((n = claim((u32)thread)) < 0) {
		if (load(&stopping))
			return none();
		ring_front(); /* for what was held back */
		wait_for_work();
	}
	u8 *s = slot_at((u32)n), *content = s + SLOT_HEADER;
	u32 flags = *slot_word(s, FLAGS), environ = *slot_word(s, ENVIRON), body = *slot_word(s, BODY);
	if (flags & FLAG_OVER_LANE)
		environ = body = 0;
	if (environ > capacity || body > capacity - environ) {
		PyErr_SetString(PyExc_ValueError, "the server broke the ring protocol: a request larger than its slot");
		return 0;
	}
	return Py_BuildValue("(iIINN)", n, *slot_word(s, NUMBER), flags,
		PyBytes_FromStringAndSize((char *)content, environ), PyBytes_FromStringAndSize((char *)content + environ, body));
}

static int number(PyObject *args, ssize i, long *to)
{
	PyObject *item = PyTuple_GetItem(args, i);
	if (!item)
		return 0;
	*to = PyLong_AsLong(item);
	return *to != -1 || !PyErr_Occurred();
}

/* The slot of a number, 0 with an error set if this worker does not have it. */
static u8 *claimed_slot(long n)
{
	need_region();
	if (n < 0 || n >= (long)slots || (load(slot_word(slot_at((u32)n), STATE)) & 3) != CLAIMED) {
		PyErr_SetString(PyExc_ValueError, "the slot is not claimed");
		return 0;
	}
	return slot_at((u32)n);
}

static void set_done(u8 *s)
{
	u32 *state = slot_word(s, STATE);
	store(state, (load(state) & ~3u) | DONE);
}

/* respond(slot, finished, head, body) -> whether it fitted; if not, nothing was done. */
static PyObject *respond(PyObject *self, PyObject *args)
{
	long n, finished;
	char *head, *body;
	ssize head_bytes, body_bytes;
	PyObject *head_object = PyTuple_GetItem(args, 2), *body_object = head_object ? PyTuple_GetItem(args, 3) : 0;
	(void)self;
	if (!body_object || !number(args, 0, &n) || !number(args, 1, &finished) ||
	    PyBytes_AsStringAndSize(head_object, &head, &head_bytes) < 0 ||
	    PyBytes_AsStringAndSize(body_object, &body, &body_bytes) < 0)
		return 0;
	u8 *s = claimed_slot(n);
	if (!s)
		return 0;
	ssize room = (ssize)(slot_size - SLOT_HEADER - capacity);
	if (head_bytes > room || body_bytes > room - head_bytes)
		return PyBool_FromLong(0);
	u8 *to = s + SLOT_HEADER + capacity;
	memcpy(to, head, (unsigned long)head_bytes);
	memcpy(to + head_bytes, body, (unsigned long)body_bytes);
	*slot_word(s, HEAD_BYTES) = (u32)head_bytes;
	*slot_word(s, BODY_BYTES) = (u32)body_bytes;
	*slot_word(s, FIRST) = finished ? COMPLETE : EARLY;
	if (finished)
		set_done(s);
	push((u32)n);
	tell_front();
	return PyBool_FromLong(1);
}

/* finish(slot): the second answer after an early one. */
static PyObject *finish(PyObject *self, PyObject *arg)
{
	long n = PyLong_AsLong(arg);
	(void)self;
	if (n == -1 && PyErr_Occurred())
		return 0;
	u8 *s = claimed_slot(n);
	if (!s)
		return 0;
	*slot_word(s, SECOND) = COMPLETE;
	set_done(s);
	push((u32)n);
	tell_front();
	return none();
}

/* over_lane(slot, early) -> the slot's state: the request goes on over the lane of
 * the thread that has it. */
static PyObject *over_lane(PyObject *self, PyObject *args)
{
	long n, early;
	(void)self;
	if (!number(args, 0, &n) || !number(args, 1, &early))
		return 0;
	u8 *s = claimed_slot(n);
	if (!s)
		return 0;
	*slot_word(s, early ? SECOND : FIRST) = OVER_LANE;
	u32 state = load(slot_word(s, STATE));
	push((u32)n);
	ring_front();
	return Py_BuildValue("I", state);
}

/* settle(slot, state): waits until the front has read everything of a request that
 * went over the lane. */
static PyObject *settle(PyObject *self, PyObject *args)
{
	long n, state;
	(void)self;
	if (!number(args, 0, &n) || !number(args, 1, &state))
		return 0;
	need_region();
	u32 *at = slot_word(slot_at((u32)n & (slots - 1)), STATE);
	if (load(at) == (u32)state) {
		PyThreadState *saved = PyEval_SaveThread();
		while (load(at) == (u32)state)
			call(SYS_futex, (long)at, FUTEX_WAIT, state, 0, 0, 0);
		PyEval_RestoreThread(saved);
	}
	return none();
}

/* waiting() -> whether a request is published and not taken. */
static PyObject *waiting(PyObject *self, PyObject *unused)
{
	(void)self, (void)unused;
	need_region();
	return PyBool_FromLong(more());
}

/* stop(): take() answers None once there is nothing left to take. */
static PyObject *stop(PyObject *self, PyObject *unused)
{
	(void)self, (void)unused;
	need_region();
	store(&stopping, 1);
	add(word(BELL), 1);
	call(SYS_futex, (long)word(BELL), FUTEX_WAKE, 0x7fffffff, 0, 0, 0);
	return none();
}

/* detach(): in a forked process. */
static PyObject *detach(PyObject *self, PyObject *unused)
{
	(void)self, (void)unused;
	if (region)
		call(SYS_munmap, (long)region, (long)region_size, 0, 0, 0, 0);
	region = 0;
	return none();
}

static PyMethodDef methods[] = {
	{"take", take, METH_O, "take(thread) -> (slot, number, flags, environ, body), None when stopping"},
	{"respond", respond, METH_VARARGS, "respond(slot, finished, head, body) -> whether it fitted"},
	{"finish", finish, METH_O, "finish(slot)"},
	{"over_lane", over_lane, METH_VARARGS, "over_lane(slot, early) -> state"},
	{"settle", settle, METH_VARARGS, "settle(slot, state)"},
	{"waiting", waiting, METH_NOARGS, "waiting() -> whether a request waits to be taken"},
	{"stop", stop, METH_NOARGS, "stop()"},
	{"detach", detach, METH_NOARGS, "detach()"},
};

static int valid(u8 *m, u64 size)
{
	static const char magic[8] = "MWXRING";
	for (int i = 0; i < 8; i++)
		if (m[i] != (u8)magic[i])
			return 0;
	slots = *(u32 *)(m + 12), slot_size = *(u32 *)(m + 16), capacity = *(u32 *)(m + 20), first = *(u32 *)(m + 24);
	return *(u32 *)(m + 8) == VERSION && slots >= 2 && slots <= MAX_SLOTS && !(slots & (slots - 1)) &&
		slot_size > SLOT_HEADER && capacity < slot_size - SLOT_HEADER && first >= RINGS + 12 * slots &&
		first + (u64)slots * slot_size <= size;
}

/*
 * Called once, through ctypes: descriptor and size of the region, and the front's
 * doorbell. Returns the functions above, by name, or None if the region cannot be
 * mapped or has not the version and geometry that this library knows.
 */
__attribute__((visibility("default")))
PyObject *modwsgi_ring(int fd, u64 size, int front)
{
	long at = size < RINGS ? 0 : call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at <= 0)
		return none();
	if (!valid((u8 *)at, size)) {
		call(SYS_munmap, at, (long)size, 0, 0, 0, 0);
		return none();
	}
	region = (u8 *)at, region_size = size, front_bell = front;
	PyObject *functions = PyDict_New();
	for (u32 i = 0; functions && i < sizeof methods / sizeof *methods; i++) {
		PyObject *function = PyCFunction_NewEx(&methods[i], 0, 0);
		if (!function || PyDict_SetItemString(functions, methods[i].name, function) < 0) {
			Py_DecRef(functions);
			functions = 0;
		}
		Py_DecRef(function);
	}
	return functions;
}
