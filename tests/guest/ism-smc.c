// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves data between two SMC sockets of this machine, and logs how they were connected:
 *
 *   ism-smc transfer NAME BYTES LONGEST
 *	BYTES from the connecting socket to the other, in calls of 1 byte, of three pages,
 *	and of 1, 2, 3 ... LONGEST bytes, repeated; then as much back. Each side checks
 *	what it receives.
 *   ism-smc pnetid PNETID NETDEV DEVICE
 *	gives both devices that ID, so that sockets on NETDEV use DEVICE.
 *
 * The result of a transfer, for the host:
 *
 *   smc NAME MODE MY-GID PEER-GID TOKEN PEER-TOKEN there|back BYTES
 *
 * MODE is smcd, smcr or tcp, as the kernel reports for the connecting socket, whose GIDs
 * and tokens these are.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/smc.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#ifndef AF_SMC
#define AF_SMC 43
#endif

#define LONGEST_MAX 65536

/*
 * The place of a later call in the buffer depends on how fast the other side reads. The
 * first ones find it empty: a byte is moved alone, and three pages contain a whole page
 * wherever they begin.
 */
static const size_t first_calls[] = { 1, 3 * PAGE };

static size_t bytes;
static size_t longest;

/* Byte i of a stream, as in tests/54-ism-judge.t. */
static unsigned char pattern(unsigned int stream, size_t i)
{
	return i * 197 + (i >> 8) * 13 + (i >> 16) * 7 + stream * 91;
}

/* ---- sockets ---- */

static void send_stream(int sock, unsigned int stream)
{
	size_t done = 0, call = 0, len, i;
	unsigned char buf[LONGEST_MAX];

	while (done < bytes) {
		if (call < ARRAY_SIZE(first_calls))
			len = first_calls[call];
		else
			len = (call - ARRAY_SIZE(first_calls)) % longest + 1;
		call++;
		if (len > bytes - done)
			len = bytes - done;
		for (i = 0; i < len; i++)
			buf[i] = pattern(stream, done + i);
		for (i = 0; i < len;) {
			ssize_t sent = send(sock, buf + i, len - i, 0);

			if (sent <= 0)
				guest_die("send after %zu bytes: %s", done + i, strerror(errno));
			i += sent;
		}
		done += len;
	}
}

static void receive_stream(int sock, unsigned int stream)
{
	unsigned char buf[65536];
	size_t done = 0;
	ssize_t got, i;

	while (done < bytes) {
		got = recv(sock, buf, bytes - done < sizeof(buf) ? bytes - done : sizeof(buf), 0);
		if (got <= 0)
			guest_die("receive after %zu bytes: %s", done,
				  got ? strerror(errno) : "the other side has closed");
		for (i = 0; i < got; i++)
			if (buf[i] != pattern(stream, done + i))
				guest_die("byte %zu of stream %u is %02x, not %02x", done + i,
					  stream, buf[i], pattern(stream, done + i));
		done += got;
	}
}

static int new_socket(void)
{
	int sock = socket(AF_SMC, SOCK_STREAM, 0), one = 1;

	if (sock < 0)
		guest_die("no SMC sockets: %s", strerror(errno));
	/* Each call must be a move of its own, not merged with others. */
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

	return sock;
}

static void *serve(void *arg)
{
	int sock = accept(*(int *)arg, NULL, NULL);

	if (sock < 0)
		guest_die("accept: %s", strerror(errno));
	receive_stream(sock, 1);
	send_stream(sock, 2);
	close(sock);

	return NULL;
}

/* ---- what the kernel reports about a socket ---- */

struct connection {
	const char *mode;
	struct smcd_diag_dmbinfo dmb;
};

static void read_connection(const struct nlmsghdr *msg, struct connection *conn)
{
	static const char * const modes[] = {
		[SMC_DIAG_MODE_SMCR] = "smcr", [SMC_DIAG_MODE_FALLBACK_TCP] = "tcp",
		[SMC_DIAG_MODE_SMCD] = "smcd",
	};
	const struct smc_diag_msg *diag = NLMSG_DATA(msg);
	const char *at = (const char *)(diag + 1), *end = (const char *)msg + msg->nlmsg_len;

	conn->mode = modes[diag->diag_mode % 3];
	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attr = (const struct nlattr *)at;

		if (attr->nla_type == SMC_DIAG_DMBINFO)
			memcpy(&conn->dmb, at + NLA_HDRLEN, sizeof(conn->dmb));
		at += NLA_ALIGN(attr->nla_len);
	}
}

static unsigned long long inode_of(int sock)
{
	struct stat stat;

	if (fstat(sock, &stat))
		guest_die("stat of a socket: %s", strerror(errno));

	return stat.st_ino;
}

static struct connection find_connection(int sock)
{
	struct {
		struct nlmsghdr head;
		struct smc_diag_req req;
	} request = {
		.head = {
			.nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.req = { .diag_family = AF_SMC, .diag_ext = 1 << (SMC_DIAG_DMBINFO - 1) },
	};
	struct connection conn = { .mode = "unknown" };
	static char buf[32768] __attribute__((aligned(8)));
	int diag = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	struct nlmsghdr *msg;
	ssize_t len;

	if (diag < 0 || send(diag, &request, sizeof(request), 0) < 0)
		guest_die("no SMC diagnosis: %s", strerror(errno));
	while ((len = recv(diag, buf, sizeof(buf), 0)) > 0) {
		for (msg = (struct nlmsghdr *)buf; NLMSG_OK(msg, len); msg = NLMSG_NEXT(msg, len)) {
			if (msg->nlmsg_type == NLMSG_DONE)
				goto out;
			if (msg->nlmsg_type == NLMSG_ERROR)
				guest_die("SMC diagnosis fails");
			if (((struct smc_diag_msg *)NLMSG_DATA(msg))->diag_inode == inode_of(sock))
				read_connection(msg, &conn);
		}
	}
out:
	close(diag);
	return conn;
}

static void transfer(const char *name)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = new_socket(), sock = new_socket();
	struct connection conn;
	pthread_t thread;

	if (bind(listener, (struct sockaddr *)&addr, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len))
		guest_die("cannot listen: %s", strerror(errno));
	if (pthread_create(&thread, NULL, serve, &listener))
		guest_die("no thread");
	if (connect(sock, (struct sockaddr *)&addr, len))
		guest_die("cannot connect: %s", strerror(errno));

	conn = find_connection(sock);
	guest_log("smc %s %s 0x%llx 0x%llx 0x%llx 0x%llx", name, conn.mode,
		  (unsigned long long)conn.dmb.my_gid, (unsigned long long)conn.dmb.peer_gid,
		  (unsigned long long)conn.dmb.token, (unsigned long long)conn.dmb.peer_token);
	send_stream(sock, 1);
	receive_stream(sock, 2);
	guest_log(" there %zu back %zu\n", bytes, bytes);

	close(sock);
	pthread_join(thread, NULL);
	close(listener);
}

/* ---- PNET IDs, by generic netlink ---- */

struct message {
	struct nlmsghdr head;
	struct genlmsghdr genl;
	char attrs[256];
};

static void add_string(struct message *msg, unsigned int type, const char *text)
{
	struct nlattr *attr = (struct nlattr *)((char *)msg + NLMSG_ALIGN(msg->head.nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + strlen(text) + 1;
	memcpy((char *)attr + NLA_HDRLEN, text, strlen(text) + 1);
	msg->head.nlmsg_len = NLMSG_ALIGN(msg->head.nlmsg_len) + attr->nla_len;
}

static void start(struct message *msg, unsigned int family, unsigned int command)
{
	memset(msg, 0, sizeof(*msg));
	msg->head.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	msg->head.nlmsg_type = family;
	msg->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	msg->genl.cmd = command;
	msg->genl.version = 1;
}

/* Sends a message and receives the reply. Exits if the reply is an error. */
static void ask(int sock, struct message *msg, void *answer, size_t len, const char *what)
{
	struct nlmsghdr *head = answer;

	if (send(sock, msg, msg->head.nlmsg_len, 0) < 0 || recv(sock, answer, len, 0) <= 0)
		guest_die("%s: %s", what, strerror(errno));
	if (head->nlmsg_type == NLMSG_ERROR && ((struct nlmsgerr *)NLMSG_DATA(head))->error)
		guest_die("%s: %s", what,
			  strerror(-((struct nlmsgerr *)NLMSG_DATA(head))->error));
}

static unsigned int find_family(int sock, const char *name)
{
	static char answer[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *head = (struct nlmsghdr *)answer;
	const char *at, *end;
	struct message msg;
	char ack[512];

	start(&msg, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	add_string(&msg, CTRL_ATTR_FAMILY_NAME, name);
	ask(sock, &msg, answer, sizeof(answer), name);
	if (recv(sock, ack, sizeof(ack), 0) <= 0)
		guest_die("%s: no acknowledgment", name);

	end = answer + head->nlmsg_len;
	for (at = answer + NLMSG_LENGTH(GENL_HDRLEN); at + NLA_HDRLEN <= end;
	     at += NLA_ALIGN(((const struct nlattr *)at)->nla_len))
		if (((const struct nlattr *)at)->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(const unsigned short *)(at + NLA_HDRLEN);

	guest_die("%s has no number", name);
}

static void add_pnetid(const char *pnetid, const char *netdev, const char *device)
{
	int sock = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	struct message msg;
	char answer[512];

	if (sock < 0)
		guest_die("no generic netlink: %s", strerror(errno));
	start(&msg, find_family(sock, SMCR_GENL_FAMILY_NAME), SMC_PNETID_ADD);
	add_string(&msg, SMC_PNETID_NAME, pnetid);
	add_string(&msg, SMC_PNETID_ETHNAME, netdev);
	add_string(&msg, SMC_PNETID_IBNAME, device);
	ask(sock, &msg, answer, sizeof(answer), "PNET ID");
	close(sock);
}

int main(int argc, char **argv)
{
	guest_open();
	if (argc == 5 && !strcmp(argv[1], "pnetid")) {
		add_pnetid(argv[2], argv[3], argv[4]);
	} else if (argc == 5 && !strcmp(argv[1], "transfer")) {
		bytes = strtoul(argv[3], NULL, 0);
		longest = strtoul(argv[4], NULL, 0);
		if (!longest || longest > LONGEST_MAX)
			guest_die("calls of 1 to %u bytes", LONGEST_MAX);
		transfer(argv[2]);
	} else {
		guest_die("usage: ism-smc pnetid ID NETDEV DEVICE | transfer NAME BYTES LONGEST");
	}

	return 0;
}
