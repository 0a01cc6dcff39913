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
enum { METH_VARARGS = 1, METH_O = 8 };

extern PyObject *PyExc_ValueError;
extern void PyErr_SetString(PyObject *, const char *);
extern PyObject *PyErr_Occurred(void);
extern long PyLong_AsLong(PyObject *);
extern PyObject *PyBool_FromLong(long);
extern PyObject *PyBytes_FromStringAndSize(const char *, ssize);
extern int PyBytes_AsStringAndSize(PyObject *, char **, ssize *);
extern PyObject *PyTuple_GetItem(PyObject *, ssize);
extern ssize PyTuple_Size(PyObject *);
extern PyObject *PyCFunction_NewEx(PyMethodDef *, PyObject *, PyObject *);
extern PyObject *Py_BuildValue(const char *, ...);
extern PyThreadState *PyEval_SaveThread(void);
extern void PyEval_RestoreThread(PyThreadState *);

/* ---- the system ---- */

#if defined(__x86_64__)
enum { SYS_read = 0, SYS_write = 1 };
static long call(long n, long a, long b, long c)
{
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}
static void relax(void) { __asm__ volatile("pause"); }
#elif defined(__aarch64__)
enum { SYS_read = 63, SYS_write = 64 };
static long call(long n, long a, long b, long c)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}
static void relax(void) { __asm__ volatile("yield"); }
#else
#error "this processor is not supported: the worker uses lanes there"
#endif
enum { EINTR = 4 };

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
	VERSION = 1, MAX_SLOTS = 256, SLOT_HEADER = 64,
	SUBMITTED = 64, TAKEN = 128, COMPLETED = 192, SLEEPING = 256, WOKEN = 260, ASLEEP = 320, RINGS = 512,
	FREE = 0, STATE_SUBMITTED = 1, CLAIMED = 2, DONE = 3,
	COMPLETE = 1, OVER_LANE = 2,
};

static u8 *region;
static u32 slots, slot_size, capacity, first;
static int work_bell, front_bell;
static volatile int stopping;
static u32 lock;

static u32 *word(unsigned long at) { return (u32 *)(region + at); }
static u32 load(u32 *p) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
static void store(u32 *p, u32 v) { __atomic_store_n(p, v, __ATOMIC_SEQ_CST); }
static int swap(u32 *p, u32 old, u32 new)
{
	return __atomic_compare_exchange_n(p, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static u8 *slot_at(u32 n) { return region + first + (unsigned long)n * slot_size; }
static u32 *slot_word(u8 *slot, u32 at) { return (u32 *)(slot + at); }

static void acquire(void)
{
	while (!swap(&lock, 0, 1))
		relax();
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
		u32 *state = slot_word(slot_at(n), 0);
		u32 was = load(state);
		/* The front may have taken it back, or may do so now. */
		if ((was & 3) == STATE_SUBMITTED && swap(state, was, (was & ~3u) | CLAIMED)) {
			*slot_word(slot_at(n), 20) = thread;
			found = (int)n;
		}
	}
	store(word(TAKEN), taken);
	release();
	return found;
}

static int more(void) { return load(word(SUBMITTED)) != load(word(TAKEN)); }

static void push(u32 n)
{
	acquire();
	u32 at = *word(COMPLETED);
	store(word(RINGS + 4 * slots + 4 * (at & (slots - 1))), n);
	store(word(COMPLETED), at + 1);
	release();
}

/* Wakes the front if it sleeps. */
static void ring_front(void)
{
	static const u64 one = 1;
	if (load(word(ASLEEP)) == 1 && swap(word(ASLEEP), 1, 0))
		while (call(SYS_write, front_bell, (long)&one, 8) == -EINTR)
			;
}

/* Waits for the work doorbell; 0: it is gone, and the front with it. */
static int wait_for_work(void)
{
	u64 n;
	long r;
	PyThreadState *saved = PyEval_SaveThread();
	while ((r = call(SYS_read, work_bell, (long)&n, 8)) == -EINTR)
		;
	PyEval_RestoreThread(saved);
	return r == 8;
}

static PyObject *none(void) { return Py_BuildValue(""); }

/* ---- what Python calls ---- */

/* take(thread) -> (slot, number, flags, environ, body), or None when stopping. */
static PyObject *take(PyObject *self, PyObject *arg)
{
	long thread = PyLong_AsLong(arg);
	(void)self;
	if (thread == -1 && PyErr_Occurred())
		return 0;
	for (;;) {
		int n = claim((u32)thread);
		if (n >= 0) {
			u8 *s = slot_at((u32)n);
			u32 environ = *slot_word(s, 8), body = *slot_word(s, 12);
			if (*slot_word(s, 16) & 1)
				environ = body = 0;
			if (environ > capacity || body > capacity - environ) {
				PyErr_SetString(PyExc_ValueError, "the server broke the ring protocol: a request larger than its slot");
				return 0;
			}
			return Py_BuildValue("(iIIy#y#)", n, *slot_word(s, 4), *slot_word(s, 16),
				s + SLOT_HEADER, (ssize)environ, s + SLOT_HEADER + environ, (ssize)body);
		}
		if (stopping)
			return none();
		ring_front(); /* what was held back */
		__atomic_add_fetch(word(SLEEPING), 1, __ATOMIC_SEQ_CST);
		if (more() || stopping) {
			__atomic_sub_fetch(word(SLEEPING), 1, __ATOMIC_SEQ_CST);
			continue;
		}
		int alive = wait_for_work();
		__atomic_sub_fetch(word(SLEEPING), 1, __ATOMIC_SEQ_CST);
		__atomic_add_fetch(word(WOKEN), 1, __ATOMIC_SEQ_CST);
		if (!alive)
			return none();
	}
}

static int arg(PyObject *args, ssize i, long *to)
{
	PyObject *item = PyTuple_GetItem(args, i);
	if (!item)
		return 0;
	*to = PyLong_AsLong(item);
	return *to != -1 || !PyErr_Occurred();
}

/* The slot that an argument names, 0 with an error set if this worker does not have it. */
static u8 *claimed_slot(PyObject *args, long *n)
{
	if (!arg(args, 0, n))
		return 0;
	if (*n < 0 || *n >= (long)slots || (load(slot_word(slot_at((u32)*n), 0)) & 3) != CLAIMED) {
		PyErr_SetString(PyExc_ValueError, "the slot is not claimed");
		return 0;
	}
	return slot_at((u32)*n);
}

/* complete(slot, head, body, flags) -> whether it fitted; if not, nothing was done. */
static PyObject *complete(PyObject *self, PyObject *args)
{
	long n, flags;
	char *head, *body;
	ssize head_bytes, body_bytes;
	(void)self;
	u8 *s = claimed_slot(args, &n);
	if (!s || !arg(args, 3, &flags) ||
	    PyBytes_AsStringAndSize(PyTuple_GetItem(args, 1), &head, &head_bytes) < 0 ||
	    PyBytes_AsStringAndSize(PyTuple_GetItem(args, 2), &body, &body_bytes) < 0)
		return 0;
	ssize room = (ssize)(slot_size - SLOT_HEADER - capacity);
	if (head_bytes > room || body_bytes > room - head_bytes)
		return PyBool_FromLong(0);
	u8 *to = s + SLOT_HEADER + capacity;
	memcpy(to, head, (unsigned long)head_bytes);
	memcpy(to + head_bytes, body, (unsigned long)body_bytes);
	*slot_word(s, 24) = COMPLETE;
	*slot_word(s, 28) = (u32)head_bytes;
	*slot_word(s, 32) = (u32)body_bytes;
	*slot_word(s, 36) = (u32)flags;
	u32 state = load(slot_word(s, 0));
	store(slot_word(s, 0), (state & ~3u) | DONE);
	push((u32)n);
	if (!more())
		ring_front(); /* otherwise the next completion, or the front's own limit, will do */
	return PyBool_FromLong(1);
}

/* over_lane(slot): the request goes on over the lane of the thread that has it. */
static PyObject *over_lane(PyObject *self, PyObject *args)
{
	long n;
	(void)self;
	u8 *s = claimed_slot(args, &n);
	if (!s)
		return 0;
	*slot_word(s, 24) = OVER_LANE;
	push((u32)n);
	ring_front();
	return none();
}

/* stop(): take() answers None once there is nothing left to take. */
static PyObject *stop(PyObject *self, PyObject *threads)
{
	long n = PyLong_AsLong(threads);
	u64 rings = (u64)n;
	(void)self;
	if (n == -1 && PyErr_Occurred())
		return 0;
	stopping = 1;
	while (call(SYS_write, work_bell, (long)&rings, 8) == -EINTR)
		;
	return none();
}

static PyMethodDef methods[] = {
	{"take", take, METH_O, "take(thread) -> (slot, number, flags, environ, body), None when stopping"},
	{"complete", complete, METH_VARARGS, "complete(slot, head, body, flags) -> whether it fitted"},
	{"over_lane", over_lane, METH_VARARGS, "over_lane(slot)"},
	{"stop", stop, METH_O, "stop(threads)"},
};

/*
 * Called once, through ctypes: address and size of the mapped region and the two
 * doorbells. Returns the functions above, or None if the region is not of the
 * version and geometry that this library knows.
 */
__attribute__((visibility("default")))
PyObject *modwsgi_ring(void *memory, u64 size, int work, int front)
{
	static const char magic[8] = "MWXRING";
	u8 *m = memory;
	for (int i = 0; i < 8; i++)
		if (m[i] != (u8)magic[i])
			return none();
	region = m;
	slots = *word(12), slot_size = *word(16), capacity = *word(20), first = *word(24);
	if (*word(8) != VERSION || slots < 2 || slots > MAX_SLOTS || (slots & (slots - 1)) || slot_size < SLOT_HEADER ||
	    capacity > slot_size - SLOT_HEADER || first < RINGS + 8 * slots || first + (u64)slots * slot_size > size)
		return none();
	work_bell = work, front_bell = front;
	return Py_BuildValue("(NNNN)", PyCFunction_NewEx(&methods[0], 0, 0), PyCFunction_NewEx(&methods[1], 0, 0),
		PyCFunction_NewEx(&methods[2], 0, 0), PyCFunction_NewEx(&methods[3], 0, 0));
}
