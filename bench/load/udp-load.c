// Announces over UDP (BEP 15), as many as get answered: udp-load PORT INFOHASHES PLACE SECONDS COUNT WINDOW
//
// PLACE is where in the stream of peers it begins: bench/load/workload.ts has the same arithmetic. It ends after SECONDS,
// or when COUNT announces are answered, if COUNT is not 0. WINDOW announces are open at a time. One line of JSON says what
// came of it. A reply that is no announce reply ends it with status 1.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PEERS = 1 << 20, BATCH = 32, SLOTS = 65536, MAX_SWARMS = 4096, MAX_REPLY = 2048 };

struct open_announce { uint32_t transaction; double sent; };

static uint8_t infohashes[MAX_SWARMS][20];
static struct open_announce slots[SLOTS];
static float latencies[8000000];

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static void fail(const char *why) {
  fprintf(stderr, "udp-load: %s\n", why);
  exit(1);
}

static void put32(uint8_t *at, uint32_t value) { value = htonl(value); memcpy(at, &value, 4); }
static uint32_t get32(const uint8_t *at) { uint32_t value; memcpy(&value, at, 4); return ntohl(value); }

static int read_infohashes(const char *path) {
  FILE *file = fopen(path, "r");
  char line[64];
  int many = 0;
  if (!file) fail("cannot read the infohashes");
  while (many < MAX_SWARMS && fgets(line, sizeof line, file)) {
    for (int i = 0; i < 20; i++) {
      unsigned byte;
      if (sscanf(line + 2 * i, "%2x", &byte) != 1) fail("an infohash is not hexadecimal");
      infohashes[many][i] = byte;
    }
    many++;
  }
  fclose(file);
  return many;
}

static int connect_to(int port, uint8_t id[8]) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  int size = 4 << 20;
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) fail("cannot connect");
  for (int attempt = 0; attempt < 50; attempt++) {
    uint8_t request[16] = {0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80, 0, 0, 0, 0, 9, 9, 9, 9};
    uint8_t reply[MAX_REPLY];
    struct pollfd ready = {descriptor, POLLIN, 0};
    send(descriptor, request, sizeof request, 0);
    if (poll(&ready, 1, 200) > 0 && recv(descriptor, reply, sizeof reply, 0) == 16 && get32(reply) == 0) {
      memcpy(id, reply + 8, 8);
      return descriptor;
    }
    // Until somebody listens there is an error at once.
    usleep(100000);
  }
  fail("no answer to a connect");
  return -1;
}

static void write_announce(uint8_t *to, const uint8_t id[8], uint32_t transaction, uint32_t peer, int swarms) {
  char peer_id[21];
  uint32_t swarm = (uint64_t)peer * swarms / PEERS;
  snprintf(peer_id, sizeof peer_id, "-TR4050-%012u", peer);
  memset(to, 0, 98);
  memcpy(to, id, 8);
  put32(to + 8, 1);
  put32(to + 12, transaction);
  memcpy(to + 16, infohashes[swarm], 20);
  memcpy(to + 36, peer_id, 20);
  // Every fourth is a seeder.
  put32(to + 68, peer % 4 ? 1000 : 0);
  put32(to + 92, 50);
  to[96] = (1024 + peer % 60000) >> 8;
  to[97] = (1024 + peer % 60000) & 0xff;
}

static int by_size(const void *a, const void *b) {
  float difference = *(const float *)a - *(const float *)b;
  return difference < 0 ? -1 : difference > 0;
}

int main(int argc, char **argv) {
  static uint8_t requests[BATCH][98], replies[BATCH][MAX_REPLY];
  static struct iovec request_parts[BATCH], reply_parts[BATCH];
  static struct mmsghdr outgoing[BATCH], incoming[BATCH];
  if (argc != 7) fail("PORT INFOHASHES PLACE SECONDS COUNT WINDOW");
  int swarms = read_infohashes(argv[2]);
  uint32_t place = atoi(argv[3]) % PEERS, peer = 0;
  long count = atol(argv[5]), window = atol(argv[6]);
  uint8_t id[8];
  int descriptor = connect_to(atoi(argv[1]), id);
  for (uint32_t i = 0; i < place; i++) peer = (peer * 1664525u + 1013904223u) % PEERS;
  for (int i = 0; i < BATCH; i++) {
    request_parts[i] = (struct iovec){requests[i], 98};
    reply_parts[i] = (struct iovec){replies[i], MAX_REPLY};
    outgoing[i].msg_hdr = (struct msghdr){.msg_iov = &request_parts[i], .msg_iovlen = 1};
    incoming[i].msg_hdr = (struct msghdr){.msg_iov = &reply_parts[i], .msg_iovlen = 1};
  }
  double start = seconds_now(), end = start + atof(argv[4]), swept = start, renewed = start;
  uint32_t transaction = 1;
  long open = 0, sent = 0, done = 0, lost = 0, peers = 0, timed = 0;
  for (;;) {
    double now = seconds_now();
    if (now > end || (count && done + lost >= count)) break;
    long room = window - open;
    if (count && room > count - sent) room = count - sent;
    int many = room > BATCH ? BATCH : room;
    for (int i = 0; i < many; i++) {
      write_announce(requests[i], id, transaction, peer, swarms);
      slots[transaction % SLOTS] = (struct open_announce){transaction, now};
      transaction++;
      peer = (peer * 1664525u + 1013904223u) % PEERS;
    }
    for (int gone = 0; gone < many;) {
      int accepted = sendmmsg(descriptor, outgoing + gone, many - gone, 0);
      if (accepted > 0) gone += accepted;
      else poll(&(struct pollfd){descriptor, POLLOUT, 0}, 1, 1);
    }
    open += many > 0 ? many : 0;
    sent += many > 0 ? many : 0;
    int came = recvmmsg(descriptor, incoming, BATCH, MSG_DONTWAIT, 0);
    if (came <= 0) poll(&(struct pollfd){descriptor, POLLIN, 0}, 1, 1);
    now = seconds_now();
    for (int i = 0; i < came; i++) {
      uint32_t which = get32(replies[i] + 4);
      struct open_announce *slot = &slots[which % SLOTS];
      if (slot->transaction != which) continue;
      if (get32(replies[i]) != 1 || incoming[i].msg_len < 20 || (incoming[i].msg_len - 20) % 6) {
        replies[i][incoming[i].msg_len < MAX_REPLY ? incoming[i].msg_len : MAX_REPLY - 1] = 0;
        fail((char *)replies[i] + 8);
      }
      slot->transaction = 0;
      open--;
      done++;
      peers += (incoming[i].msg_len - 20) / 6;
      if (timed < 8000000) latencies[timed++] = (now - slot->sent) * 1000;
    }
    if (now - swept > 0.25) {
      swept = now;
      for (int i = 0; i < SLOTS; i++) {
        if (!slots[i].transaction || now - slots[i].sent < 2) continue;
        slots[i].transaction = 0;
        open--;
        lost++;
      }
    }
    if (now - renewed > 50) {
      close(descriptor);
      descriptor = connect_to(atoi(argv[1]), id);
      renewed = now;
    }
  }
  double elapsed = seconds_now() - start;
  qsort(latencies, timed, sizeof *latencies, by_size);
  printf("{\"done\":%ld,\"lost\":%ld,\"seconds\":%.4f,\"peers\":%ld,\"p50Ms\":%.3f,\"p99Ms\":%.3f}\n", done, lost, elapsed,
         peers, timed ? latencies[timed / 2] : 0, timed ? latencies[timed * 99 / 100] : 0);
  return 0;
}
