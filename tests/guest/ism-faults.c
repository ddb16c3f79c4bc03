// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves between two ISM functions while something goes wrong:
 *
 *   ism-faults busy|error|reset|gone|kill SENDER RECEIVER [short]
 *
 * With "short" no move crosses a page, as not every driver of the kernel supports that.
 *
 * The model of the functions causes the faults, see Documentation/ism-lab.rst. In any
 * case, no request may hang, and the peer's memory must have exactly the bytes that a
 * request reports as written. Each run opens the functions again, to recover from the one
 * before.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ism-vfio.h"

/* Each move has its own slot in the buffer, which is reused SLOTS moves later. */
#define SLOT		(3 * ISM_PAGE)
#define SLOTS		16
#define DMB_LEN		(SLOT * SLOTS)
#define DMB_BIT		(ISM_FIRST_BIT + 5)
#define DMB_TOKEN	0x4321

/* A run that takes longer hangs. */
#define SECONDS_MAX	300

static struct ism sender, receiver;
static struct ism_dmb dmb;
static const char *sender_bdf, *receiver_bdf;
static bool short_moves;

/* ---- moves that can be distinguished afterwards ---- */

struct move {
	uint32_t off;
	size_t count;
	uint8_t bytes[SLOT];
};

/* A move follows from its number. Most moves cross a page. */
static void make_move(struct move *move, unsigned int nr)
{
	uint32_t hash = nr * 2654435761U;
	uint32_t room = short_moves ? ISM_PAGE : SLOT;
	size_t i;

	move->count = 1 + (hash >> 8) % (short_moves ? ISM_PAGE - 1 : 2 * ISM_PAGE);
	move->off = nr % SLOTS * SLOT + (hash >> 3) % (room - move->count);
	for (i = 0; i < move->count; i++)
		move->bytes[i] = (hash >> i % 24) + i * 7;
}

static bool arrived(const struct move *move, size_t count)
{
	return !memcmp((uint8_t *)dmb.dma.mem + move->off, move->bytes, count);
}

static bool is_filled(uint32_t from, uint32_t to, uint8_t byte)
{
	const uint8_t *mem = dmb.dma.mem;

	for (; from < to; from++)
		if (mem[from] != byte)
			return false;

	return true;
}

/* ---- the functions ---- */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);

	return time.tv_sec + time.tv_nsec / 1e9;
}

static void rest(unsigned int ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

/* Waits up to 20 s for @value to reach @least. */
static bool reaches(const unsigned int *value, unsigned int least)
{
	double end = now() + 20;

	while (__atomic_load_n(value, __ATOMIC_SEQ_CST) < least) {
		if (now() > end)
			return false;
		rest(1);
	}

	return true;
}

static void wait_for(const unsigned int *value, unsigned int least, const char *what)
{
	if (!reaches(value, least))
		guest_die("%s", what);
}

static void must(int ret, const char *what)
{
	if (ret)
		guest_die("%s: %d", what, ret);
}

static void open_sender(void)
{
	ism_open(&sender, "sender", sender_bdf);
	ism_start(&sender);
}

static void register_dmb(void)
{
	must(ism_command_word(&receiver, ISM_LAB_TOKEN, DMB_TOKEN, NULL), "a token");
	must(ism_dmb_register(&receiver, &dmb, DMB_BIT, sender.gid), "a buffer");
}

static void open_both(void)
{
	open_sender();
	ism_open(&receiver, "receiver", receiver_bdf);
	ism_start(&receiver);
	ism_map(&receiver, &dmb.dma, DMB_LEN);
	register_dmb();
}

static void close_both(void)
{
	ism_stop(&sender);
	must(ism_dmb_unregister(&receiver, &dmb), "unregister the buffer");
	ism_unmap(&receiver, &dmb.dma);
	ism_stop(&receiver);
}

static bool reset(struct ism *ism)
{
	return !ioctl(ism->dev.fd, VFIO_DEVICE_RESET);
}

/* The kernel holds the function's lock for a while after it signals an error. */
static bool reset_when_unlocked(struct ism *ism)
{
	double end = now() + 20;
	bool good;

	while (!(good = reset(ism)) && errno == EAGAIN && now() < end)
		rest(1);

	return good;
}

/* Logs once why it failed. */
static unsigned int reset_fails(struct ism *ism)
{
	static bool said;

	if (reset(ism))
		return 0;
	if (!said)
		guest_log("reset of %s: %s\n", ism->name, strerror(errno));
	said = true;

	return 1;
}

/*
 * Streams count from 0 and do not get this far. If one failed at the same move, there may be
 * no instruction of it in the log, and the host would take those of this one for it.
 */
static bool works(unsigned int nr)
{
	static struct move move;

	make_move(&move, ~nr);

	return ism_move(&sender, dmb.token, move.off, move.bytes, move.count) ==
	       (ssize_t)move.count && arrived(&move, move.count);
}

/* ---- busy ---- */

static void run_busy(void)
{
	static struct move move;
	ssize_t ret;
	double begin;
	int err;

	open_both();
	make_move(&move, 3);
	must(ism_fault(&sender, ISM_LAB_BUSY, 1 << ISM_BAR_MOVE, 500, 0), "busy");
	ret = ism_move(&sender, dmb.token, move.off, move.bytes, move.count);
	ism_claim(ret == (ssize_t)move.count && arrived(&move, move.count),
		  "busy 500 times: the move succeeds", "%zu gave %zd", move.count, ret);

	make_move(&move, 4);
	must(ism_fault(&sender, ISM_LAB_BUSY, 1 << ISM_BAR_MOVE, 0, 300000), "busy");
	begin = now();
	ret = ism_move(&sender, dmb.token, move.off, move.bytes, move.count);
	ism_claim(ret == (ssize_t)move.count && arrived(&move, move.count) &&
		  now() - begin > 0.1 && now() - begin < 10,
		  "busy for 300 ms: the move succeeds afterwards", "%zu gave %zd after %.0f ms",
		  move.count, ret, 1000 * (now() - begin));

	must(ism_fault(&sender, ISM_LAB_BUSY, 1 << ISM_BAR_COMMAND, 100, 0), "busy");
	err = ism_command_simple(&sender, ISM_QUERY_INFO);
	ism_claim(!err, "busy 100 times: a command succeeds", "%d", err);
	close_both();
}

/* ---- reset ---- */

struct stream {
	bool stop;
	unsigned int done;
	unsigned int whole;
	unsigned int parts;
	unsigned int errors;
	unsigned int lost;
	int error;
	unsigned int wrong_error;
};

/*
 * Moves in sequence, each into a slot that an earlier move used. The bytes returned as
 * written are checked at once.
 */
static void *stream(void *arg)
{
	static struct move move;
	struct stream *stream = arg;

	while (!__atomic_load_n(&stream->stop, __ATOMIC_RELAXED)) {
		ssize_t ret;

		make_move(&move, stream->done++);
		memset((uint8_t *)dmb.dma.mem + move.off, ~move.bytes[0], move.count);
		ret = ism_move(&sender, __atomic_load_n(&dmb.token, __ATOMIC_RELAXED), move.off,
			       move.bytes, move.count);
		if (ret < 0) {
			stream->errors++;
			stream->error = errno;
			stream->wrong_error += errno != EIO;
			rest(1);
		} else {
			stream->whole += ret == (ssize_t)move.count;
			stream->parts += ret != (ssize_t)move.count;
			stream->lost += !arrived(&move, ret);
		}
	}

	return NULL;
}

static pthread_t start_stream(struct stream *state)
{
	pthread_t thread;

	memset(state, 0, sizeof(*state));
	if (pthread_create(&thread, NULL, stream, state))
		guest_die("no thread");

	return thread;
}

static void stop_stream(struct stream *state, pthread_t thread)
{
	__atomic_store_n(&state->stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	guest_log("stream %u moves: %u whole, %u in part, %u errors (%s)\n", state->done,
		  state->whole, state->parts, state->errors,
		  state->errors ? strerror(state->error) : "none");
}

#define RESETS	40

static void reset_sender(void)
{
	struct stream state;
	pthread_t thread = start_stream(&state);
	unsigned int i, failed = 0;

	for (i = 0; i < RESETS; i++) {
		rest(1 + ism_random(8));
		failed += reset_fails(&sender);
		wait_for(&state.done, 2 * i + 2, "no more moves");
	}
	stop_stream(&state, thread);
	ism_claim(!failed, "resets of the sender during moves: each succeeds", "%u, %u failed", i,
		  failed);
	ism_claim(state.whole == state.done,
		  "resets of the sender during moves: each move waits for the reset and is whole",
		  "%u of %u, %u in part, %u errors", state.whole, state.done, state.parts,
		  state.errors);
	ism_claim(!state.lost, "resets of the sender during moves: no written byte is lost",
		  "%u lost", state.lost);
	must(ism_register(&sender), "register again");
	ism_claim(works(11), "resets of the sender during moves: moves work afterwards", "move 11");
}

static void reset_receiver(void)
{
	struct stream state;
	pthread_t thread = start_stream(&state);
	unsigned int i, failed = 0;

	for (i = 0; i < RESETS / 2; i++) {
		rest(1 + ism_random(8));
		failed += reset_fails(&receiver);
		if (!i)
			reaches(&state.errors, 1);
		rest(ism_random(4));
		failed += ism_register(&receiver) != 0;
		register_dmb();
	}
	reaches(&state.whole, 1);
	stop_stream(&state, thread);
	ism_claim(!failed, "resets of the receiver during moves: each succeeds, and it works again",
		  "%u, %u failed", i, failed);
	ism_claim(state.whole && state.errors && !state.wrong_error,
		  "resets of the receiver during moves: moves while there is no buffer are errors",
		  "%u whole, %u in part, %u errors", state.whole, state.parts, state.errors);
	ism_claim(!state.lost, "resets of the receiver during moves: no written byte is lost",
		  "%u lost", state.lost);
	ism_claim(works(12), "resets of the receiver during moves: moves work afterwards",
		  "move 12");
}

static void run_resets(void)
{
	open_both();
	reset_sender();
	reset_receiver();
	close_both();
}

/* ---- gone ---- */

static bool exists(const char *bdf, bool wanted, unsigned int seconds)
{
	char path[128];
	double end = now() + seconds;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	while ((access(path, F_OK) == 0) != wanted && now() < end)
		rest(10);

	return (access(path, F_OK) == 0) == wanted;
}

static bool write_retry(const char *path, const char *text, unsigned int seconds)
{
	double end = now() + seconds;

	do {
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

		if (fd >= 0)
			close(fd);
		if (good)
			return true;
		rest(20);
	} while (now() < end);

	return false;
}

static bool set_power(unsigned int fid, const char *power)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/slots/%08x/power", fid);

	return write_retry(path, power, 10);
}

/*
 * 7.3 probes the reset methods of a function while its slot is being powered on, when the
 * slot still reports that it cannot reset. So it has to probe again.
 */
static bool find_again(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", sender_bdf);

	return write_retry(path, "1", 1) && exists(sender_bdf, false, 10) &&
	       write_retry("/sys/bus/pci/rescan", "1", 1) && exists(sender_bdf, true, 10);
}

/* Configure the sender again and bind it to its driver. */
static bool bring_back(unsigned int fid, const char *driver)
{
	char path[128];

	if (!set_power(fid, "1") || !exists(sender_bdf, true, 10) || !find_again())
		return false;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", sender_bdf);

	return write_retry(path, driver, 1) &&
	       write_retry("/sys/bus/pci/drivers_probe", sender_bdf, 1);
}

static unsigned int read_fid(const char *bdf)
{
	unsigned int fid = 0;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/function_id", bdf);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%x", &fid) != 1)
		guest_die("%s: %s", path, strerror(errno));
	fclose(file);

	return fid;
}

/* @kind as in Documentation/ism-lab.rst: 0 is a request to release, 1 a surprise removal. */
static void gone_kind(unsigned int kind, const char *name)
{
	char driver[DRIVER_LEN], text[128];
	unsigned int fid = read_fid(sender_bdf);
	struct stream state;
	pthread_t thread;
	int event;
	bool good;

	open_both();
	snprintf(driver, sizeof(driver), "%s", sender.dev.func.driver);
	event = ism_eventfd(&sender, VFIO_PCI_REQ_IRQ_INDEX);
	if (event < 0)
		guest_die("VFIO has no request interrupt");

	thread = start_stream(&state);
	wait_for(&state.whole, 3, "nothing moves");
	must(ism_fault(&sender, ISM_LAB_GONE, kind, 0, 20000), "gone");
	good = ism_wait(event, 10000);
	snprintf(text, sizeof(text), "%s: VFIO requests its release", name);
	ism_claim(good, text, "event %d", event);
	if (kind)
		reaches(&state.errors, 1);
	rest(50);
	stop_stream(&state, thread);

	snprintf(text, sizeof(text), "%s: no written byte is lost", name);
	ism_claim(state.whole && !state.lost, text, "%u moves, %u lost", state.done, state.lost);
	snprintf(text, sizeof(text), "%s: %s", name,
		 kind ? "moves are errors from then on" : "moves work until it is released");
	ism_claim(kind ? state.errors && !state.wrong_error : state.whole == state.done, text,
		  "%u whole, %u in part, %u errors", state.whole, state.parts, state.errors);

	close(event);
	ism_close(&sender);
	snprintf(text, sizeof(text), "%s: closing it releases it", name);
	ism_claim(exists(sender_bdf, false, 10), text, "%s", sender_bdf);

	good = bring_back(fid, driver);
	if (good)
		open_sender();
	snprintf(text, sizeof(text), "%s: works when configured and opened again", name);
	ism_claim(good && works(13), text, "%s", driver);
	if (!good)
		exit(1);
	close_both();
}

static void run_gone(void)
{
	gone_kind(0, "deconfigured on request while open");
	gone_kind(1, "deconfigured at once while open");
}

/* ---- error state ---- */

#define GOOD_MOVES	5

/* The kernel tries to recover a function from this error, but not from the other. */
#define RECOVERED	0x3a
#define PERMANENT	0x3b

static void error_after_moves(void)
{
	static struct move move;
	unsigned int nr, good = 0, lost = 0;
	ssize_t ret;
	int err = 0;

	memset(dmb.dma.mem, 0xaa, DMB_LEN);
	must(ism_fault(&sender, ISM_LAB_ERROR, GOOD_MOVES, PERMANENT, 0), "error");
	for (nr = 0; nr < 8; nr++) {
		/* One page each. */
		make_move(&move, nr);
		move.count = 100 + nr;
		move.off = nr % SLOTS * SLOT + 50;
		ret = ism_move(&sender, dmb.token, move.off, move.bytes, move.count);
		err = ret < 0 ? errno : err;
		good += ret == (ssize_t)move.count;
		lost += ret > 0 && !arrived(&move, ret);
	}
	ism_claim(good == GOOD_MOVES && !lost && err == EIO,
		  "error state after 5 moves: these arrive, the others fail",
		  "%u good, %u of them lost, %s", good, lost, strerror(err));
	ism_claim(is_filled(GOOD_MOVES * SLOT, DMB_LEN, 0xaa),
		  "error state: no byte of the failed moves arrives", "%u moves", nr);
}

static void error_inside_a_move(void)
{
	static uint8_t bytes[2 * ISM_PAGE];
	uint32_t off = 1000, first = ISM_PAGE - off;
	const uint8_t *mem = dmb.dma.mem;
	ssize_t ret;

	memset(dmb.dma.mem, 0xaa, DMB_LEN);
	memset(bytes, 0x55, sizeof(bytes));
	must(ism_fault(&sender, ISM_LAB_ERROR, 1, PERMANENT, 0), "error");
	ret = ism_move(&sender, dmb.token, off, bytes, sizeof(bytes));
	ism_claim(ret == (ssize_t)first && !memcmp(mem + off, bytes, first) &&
		  is_filled(ISM_PAGE, DMB_LEN, 0xaa),
		  "error state inside a move: returns the bytes that arrived",
		  "%zu gave %zd, %u are there", sizeof(bytes), ret, first);
}

/* Close the function while it is in the error state, reconfigure it and open it again. */
static void configure_anew(const char *name)
{
	unsigned int fid = read_fid(sender_bdf);
	char driver[DRIVER_LEN];
	bool good;

	snprintf(driver, sizeof(driver), "%s", sender.dev.func.driver);
	ism_close(&sender);
	good = set_power(fid, "0") && exists(sender_bdf, false, 10) && bring_back(fid, driver);
	if (good)
		open_sender();
	ism_claim(good && works(7), name, "%s", driver);
	if (!good)
		exit(1);
}

static void permanent_error(void)
{
	int event = ism_eventfd(&sender, VFIO_PCI_ERR_IRQ_INDEX);
	double begin;
	int ret;

	error_after_moves();
	begin = now();
	ret = ism_command_simple(&sender, ISM_READ_GID);
	ism_claim(ret == -EIO && now() - begin < 5, "error state: a command fails at once",
		  "%d", ret);
	ism_claim(event >= 0 && ism_wait(event, 5000), "error state: VFIO raises its interrupt",
		  "event %d", event);
	close(event);
	configure_anew("error state: works when configured and opened again");

	if (!short_moves) {
		error_inside_a_move();
		configure_anew("error state inside a move: works when configured and opened again");
	}
}

/*
 * While the function is open, recovery is up to user space (CONFIG_VFIO_PCI_ZDEV_KVM), else to
 * the kernel. In the latter case, 7.3 races with the close: the IOMMU may refuse the function
 * until it is configured again.
 */
static void recovered_error(void)
{
	int event = ism_eventfd(&sender, VFIO_PCI_ERR_IRQ_INDEX);
	struct stream state;
	pthread_t thread;
	bool good;

	thread = start_stream(&state);
	wait_for(&state.whole, 3, "nothing moves");
	must(ism_fault(&sender, ISM_LAB_ERROR, 0, RECOVERED, 10000), "error");
	good = event >= 0 && ism_wait(event, 5000);
	rest(100);
	stop_stream(&state, thread);
	close(event);
	ism_claim(good && state.whole && !state.lost && !state.wrong_error,
		  "error during moves: no written byte is lost",
		  "%u whole, %u in part, %u errors, %u lost", state.whole, state.parts,
		  state.errors, state.lost);
	good = reset_when_unlocked(&sender);
	/* The reset cannot restore what it could not read in the error state. */
	guest_set_command(&sender.dev, PCI_COMMAND_MASTER, 0);
	good = good && !ism_register(&sender);
	ism_claim(good && works(8), "error during moves: the function works after a reset",
		  "move 8");

	must(ism_fault(&sender, ISM_LAB_ERROR, 1, RECOVERED, 0), "error");
	ism_move(&sender, dmb.token, 0, "1", 1);
	configure_anew("error state, closed at once: works when configured and opened again");
}

static void run_error(void)
{
	open_both();
	permanent_error();
	recovered_error();
	close_both();
}

/* ---- killed ---- */

/* The child's progress, which outlives the child. */
struct progress {
	unsigned int begun;
	unsigned int done;
	unsigned int failed;
	unsigned int ready;
};

static void move_until_killed(struct progress *progress)
{
	static struct move move;

	open_sender();
	for (;;) {
		unsigned int nr = progress->begun;

		make_move(&move, nr);
		__atomic_store_n(&progress->begun, nr + 1, __ATOMIC_SEQ_CST);
		if (ism_move(&sender, dmb.token, move.off, move.bytes, move.count) !=
		    (ssize_t)move.count)
			__atomic_add_fetch(&progress->failed, 1, __ATOMIC_SEQ_CST);
		__atomic_store_n(&progress->done, nr + 1, __ATOMIC_SEQ_CST);
	}
}

static void *shared_memory(size_t len)
{
	void *mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		guest_die("no memory");

	return mem;
}

/* Data buffered by stdio stays with the parent. */
static pid_t fork_quietly(void)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child < 0)
		guest_die("no process");
	ism_quiet = !child;

	return child;
}

static int kill_child(pid_t child)
{
	int status = 0;

	kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child)
		guest_die("the child does not end");

	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* On behalf of the child, so that the host can compare them with the function's log. */
static void log_childs_moves(const struct progress *progress)
{
	static struct move move;
	unsigned int nr;

	for (nr = 0; nr < progress->begun; nr++) {
		make_move(&move, nr);
		guest_log("req sender w %u 0x%llx %zu ", ISM_BAR_MOVE,
			  (unsigned long long)ism_move_offset(dmb.token, 0, false, move.off),
			  move.count);
		if (nr < progress->done)
			guest_log("%zu 0\n", move.count);
		else
			guest_log("killed 0\n");
	}
}

/* Checks the moves whose slots were not reused, not even by the one in progress. */
static unsigned int count_lost(const struct progress *progress)
{
	static struct move move;
	unsigned int nr, lost = 0;
	unsigned int first = progress->begun > SLOTS ? progress->begun - SLOTS : 0;

	for (nr = first; nr < progress->done; nr++) {
		make_move(&move, nr);
		lost += !arrived(&move, move.count);
	}

	return lost;
}

#define KILLS	6

static void kill_sender(void)
{
	unsigned int i, lost = 0, failed = 0, moves = 0, killed = 0, good = 0;
	struct progress *progress = shared_memory(sizeof(*progress));

	for (i = 0; i < KILLS; i++) {
		pid_t child;

		memset(progress, 0, sizeof(*progress));
		ism_close(&sender);
		child = fork_quietly();
		if (!child)
			move_until_killed(progress);
		wait_for(&progress->done, 3, "the child does not move anything");
		rest(10 + ism_random(30));
		killed += kill_child(child) == SIGKILL;
		log_childs_moves(progress);
		lost += count_lost(progress);
		failed += progress->failed;
		moves += progress->done;
		open_sender();
		good += works(20 + i);
	}
	ism_claim(killed == KILLS && !failed, "sender killed while it moves: it exits at once",
		  "%u times, %u moves, %u failed", killed, moves, failed);
	ism_claim(!lost, "sender killed while it moves: all bytes it wrote arrived",
		  "%u lost", lost);
	ism_claim(good == KILLS, "sender killed while it moves: works when opened again",
		  "%u of %u", good, KILLS);
	munmap(progress, sizeof(*progress));
}

/* The child owns the buffer, which is shared memory. */
static void own_until_killed(struct progress *progress)
{
	ism_open(&receiver, "receiver", receiver_bdf);
	ism_start(&receiver);
	ism_map(&receiver, &dmb.dma, DMB_LEN);
	register_dmb();
	__atomic_store_n(&progress->ready, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
}

static void kill_receiver(void)
{
	struct progress *progress = shared_memory(sizeof(*progress));
	struct stream state;
	pthread_t thread;
	bool good;
	pid_t child;

	ism_close(&receiver);
	munmap(dmb.dma.mem, DMB_LEN);
	dmb.dma.mem = shared_memory(DMB_LEN);
	child = fork_quietly();
	if (!child)
		own_until_killed(progress);
	wait_for(&progress->ready, 1, "the child does not register its buffer");
	dmb.token = (uint64_t)DMB_TOKEN << 32;

	thread = start_stream(&state);
	wait_for(&state.whole, 3, "nothing moves");
	good = kill_child(child) == SIGKILL;
	reaches(&state.errors, 1);
	rest(20);
	stop_stream(&state, thread);
	ism_claim(good && state.whole && !state.lost,
		  "receiver killed: bytes written before are there", "%u moves, %u lost",
		  state.whole, state.lost);
	ism_claim(state.errors && !state.wrong_error,
		  "receiver killed: moves are errors from then on", "%u errors", state.errors);

	memset(dmb.dma.mem, 0xaa, DMB_LEN);
	good = !works(30);
	ism_claim(good && is_filled(0, DMB_LEN, 0xaa),
		  "receiver killed: nothing is written to its former memory", "move 30");

	ism_open(&receiver, "receiver", receiver_bdf);
	ism_start(&receiver);
	ism_map(&receiver, &dmb.dma, DMB_LEN);
	register_dmb();
	ism_claim(works(31), "receiver killed: works when opened again", "move 31");
	munmap(progress, sizeof(*progress));
}

static void run_killed(void)
{
	open_both();
	kill_sender();
	kill_receiver();
	close_both();
}

/* ---- */

static void too_long(int signal)
{
	static const char text[] = "GUEST FAILED: something hangs\n";

	(void)signal;
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

static const struct {
	const char *name;
	void (*run)(void);
} faults[] = {
	{ "busy", run_busy },
	{ "error", run_error },
	{ "reset", run_resets },
	{ "gone", run_gone },
	{ "kill", run_killed },
};

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc < 4)
		guest_die("usage: ism-faults FAULT SENDER RECEIVER [short]");
	short_moves = argc > 4;
	sender_bdf = argv[2];
	receiver_bdf = argv[3];

	guest_open();
	signal(SIGALRM, too_long);
	alarm(SECONDS_MAX);
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strcmp(faults[i].name, argv[1]))
			continue;
		faults[i].run();
		guest_log("done %s\n", argv[1]);
		return 0;
	}
	guest_die("no such fault: %s", argv[1]);
}
