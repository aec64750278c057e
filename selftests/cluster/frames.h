/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames made by hand, and the wire of scripts/lab, see frames.c.
 *
 * The format is written down here once more: bytes at offsets, nothing shared
 * with the code under test.
 */
#ifndef SAMR_TEST_FRAMES_H
#define SAMR_TEST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEADS		3
#define HEADER		56
#define FRAME_MAX	1500
#define FRAME_ROOM	2048

/* Record types and flags. */
enum { SUBMIT = 1, ORDER, NACK, BEAT, HELLO, VIEW, CREDIT, CREDIT_ASK };
enum { KNOCK = 30, WELCOME, PIPE, CARRY };
enum { F_ALL = 1, F_REF = 2, F_REPAIR = 4 };

/* Offsets in the header, and in records. */
enum {
	H_VERSION = 0, H_TYPE = 1, H_KEY = 2, H_FLAGS = 3, H_CLUSTER = 4,
	H_SRC = 8, H_INC = 16, H_COUNTER = 24, H_EPOCH = 32, H_ACK = 40,
	H_DOMAIN = 48, H_LEN = 50, H_RECORDS = 52, H_RESERVED = 54,
};
enum { S_GROUP = 4, S_OSEQ = 8, S_TOTAL = 36, S_OFF = 40, S_KIND = 44,
       S_MFLAGS = 45, S_RESERVED = 46, S_LEN = 48 };
enum { O_GROUP = 4, O_GSEQ = 8, O_ORIGIN = 16, O_INC = 24, O_TIME = 32,
       O_OSEQ = 40, O_TOTAL = 68, O_OFF = 72, O_KIND = 76, O_RESERVED = 78,
       O_LEN = 80 };
enum { N_RESERVED = 4, N_ORIGIN = 8, N_FIRST = 16, N_LAST = 24, N_OFF = 32,
       N_BYTES = 36, N_LEN = 40 };
enum { P_FLAGS = 4, P_SIZE = 6, P_LINK = 8, P_INC = 16, P_GOT = 24,
       P_EARLY = 32, P_HEADS = 40, P_LEN = 48 };
enum { C_GROUP = 4, C_SEQ = 8, C_NUMBER = 16, C_PLACE = 24, C_SESSION = 32,
       C_NEXT = 40, C_ARG = 48, C_PORT = 56, C_TOTAL = 68, C_OFF = 72,
       C_WHAT = 76, C_KIND = 77, C_MFLAGS = 78, C_LEN = 80 };
/* What a CARRY is; the last two only heads say. */
enum { C_SUBMIT = 1, C_QUERY, C_FORGET, C_TOLD, C_GIVE };
/* And of what kind. */
enum { C_KIND_REPLY = 18, C_KIND_QUERY };
enum { KNOCK_LEN = 16, P_BEGIN = 1 };
enum { L_CAST = 4, L_ROUND = 8, L_SIZE = 12, L_NODE = 16, L_INC = 24,
       L_LEN = 32 };
enum { PROBE = 1, ANSWER };
enum { V_COUNT = 4, V_EPOCH = 56, V_LEN = 88, SEAT_LEN = 16 };
enum { HELLO_LEN = 48, B_HEARS = 16, B_MEMBERS = 24, BEAT_LEN = 56 };

/**
 * struct frame - a frame in the making
 * @b: bytes, header first
 * @len: of header and records
 * @last: where the last record begins
 * @keep_len: the header's length was set on purpose
 * @cut: bytes that are cut off at its end when it is sent
 * @crc_xor: changes the trailer
 * @flip: bit that is damaged on the way, from 1; 0: none
 */
struct frame {
	uint8_t b[FRAME_ROOM];
	size_t len;
	size_t last;
	bool keep_len;
	size_t cut;
	uint32_t crc_xor;
	size_t flip;
};

/* The header of the last frame heard of each head: identity, epoch and ack. */
extern struct frame heard[HEADS + 1];

/* How many frames were sent. */
extern uint64_t sent;

/* Says what is wrong, as a failed point of a test, and ends the program. */
void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...);

/* Numbers in network order. */
void put(uint8_t *p, uint64_t v, int bytes);
uint64_t get(const uint8_t *p, int bytes);

/* What head @from would say now: an empty frame. */
struct frame frame_of(int from);
/* A field of the header. */
void header(struct frame *f, int at, int bytes, uint64_t v);
/* A record of @len bytes, all zero but for its head. */
void record(struct frame *f, int type, int flags, size_t len);
/* A field of the last record. */
void field(struct frame *f, int at, int bytes, uint64_t v);

/* Records that are right but for what the caller changes. */
void submit(struct frame *f, int flags, uint64_t oseq, size_t bytes);
/* As head @origin's message. */
void order(struct frame *f, int flags, int origin, uint64_t gseq, uint64_t oseq,
	   size_t bytes);
void nack(struct frame *f, uint64_t origin, uint64_t first, uint64_t last);
void view(struct frame *f, uint64_t epoch, uint32_t count, int members);
void hello(struct frame *f);
void beat(struct frame *f);

/* Of client node @node to head @to, whose pipe @link begins, if it is new. */
struct frame client_frame(int to, uint64_t node, uint64_t link);
void carry(struct frame *f, uint64_t seq, int what, size_t bytes);

/* The heads' wire; waits until each of them was heard. */
void open_wire(void);
/* Listens for @ms: to what comes from the heads and to what goes to them. */
void listen_for(int ms);
/*
 * Raw bytes behind the Ethernet header, to head @to, as if from head 3; or,
 * when @to is negative, on the same way but to another station.
 */
void transmit(int to, const void *bytes, size_t len);
/* With its length and trailer. */
void send_frame(int to, struct frame f);
/* A frame for the links, not for the order: a probe or an answer. */
struct frame probe_of(int from, int type, size_t len);
/* One of the frames that were heard lately, of whatever head and type. */
struct frame caught(uint64_t which);

/* See storm.c. */
void storm(int ms);
void mutate(int ms);

#endif /* SAMR_TEST_FRAMES_H */
