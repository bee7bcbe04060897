// One address that announces at a constant rate whatever it is answered: flood PORT ADDRESS http|keys|udp RATE SECONDS TORRENTS
//
// ADDRESS is the one of this machine that it comes from, e.g. 127.0.0.2. Of TORRENTS infohashes, which nobody else has,
// each announce takes the next one, with another peer id and port whenever they come round. Over HTTP it has 64 kept
// connections, and waits for no reply: what a connection does not take is held back, and so is all that was to follow it.
// With `keys` each has another wrong key in its path. Over UDP each tenth datagram is a connect. One line of JSON says what came of it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 64, MAX_REQUEST = 512, READ_BYTES = 65536, CONNECT_EACH = 10 };

struct connection { int descriptor; char rest[MAX_REQUEST]; int length; };

static struct connection connections[CONNECTIONS];
static struct sockaddr_in tracker, own;
static uint8_t connection_id[8];
static int has_keys;
static long sent, held, replies, failures, broken;

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static void fail(const char *why) {
  fprintf(stderr, "flood: %s: %s\n", why, strerror(errno));
  exit(1);
}

static void put32(uint8_t *at, uint32_t value) { value = htonl(value); memcpy(at, &value, 4); }

static uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

static void write_infohash(uint8_t to[20], uint64_t torrent) {
  for (int i = 0; i < 20; i++) to[i] = mixed(torrent * 3 + i / 8 + 1) >> (i % 8 * 8);
}

static int open_socket(int type) {
  int descriptor = socket(AF_INET, type, 0), on = 1, size = 4 << 20;
  if (descriptor < 0) fail("socket");
  if (bind(descriptor, (struct sockaddr *)&own, sizeof own)) fail("bind");
  if (connect(descriptor, (struct sockaddr *)&tracker, sizeof tracker)) fail("connect");
  if (type == SOCK_STREAM) setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  else setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  return descriptor;
}

static int write_request(char *to, uint64_t place, uint64_t torrents) {
  uint8_t infohash[20];
  uint64_t round = place / torrents;
  int length = sprintf(to, "GET ");
  if (has_keys) length += sprintf(to + length, "/wrong%027llx", (unsigned long long)mixed(place + 1));
  length += sprintf(to + length, "/announce?info_hash=");
  write_infohash(infohash, place % torrents);
  for (int i = 0; i < 20; i++) length += sprintf(to + length, "%%%02x", infohash[i]);
  return length + sprintf(to + length,
    "&peer_id=-TR4050-%012u&port=%u&uploaded=0&downloaded=0&left=1&compact=1 HTTP/1.1\r\nHost: tracker\r\n\r\n",
    (unsigned)(round % 4000000), (unsigned)(1024 + round % 60000));
}

// Replies and failures are told apart by words that each has once.
static void read_replies(struct connection *connection) {
  static char bytes[READ_BYTES + 1];
  ssize_t came;
  while ((came = recv(connection->descriptor, bytes, READ_BYTES, MSG_DONTWAIT)) > 0) {
    bytes[came] = 0;
    for (char *at = bytes; (at = memmem(at, bytes + came - at, "HTTP/1.1 200", 12)); at += 12) replies++;
    for (char *at = bytes; (at = memmem(at, bytes + came - at, "failure reason", 14)); at += 14) failures++;
  }
  if (came < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  broken++;
  close(connection->descriptor);
  connection->descriptor = open_socket(SOCK_STREAM);
  connection->length = 0;
}

// Whether the connection took all that it still had to take.
static int push(struct connection *connection) {
  if (connection->length == 0) return 1;
  ssize_t gone = send(connection->descriptor, connection->rest, connection->length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (gone <= 0) return 0;
  connection->length -= gone;
  memmove(connection->rest, connection->rest + gone, connection->length);
  return connection->length == 0;
}

static void flood_http(long from, long to, uint64_t torrents) {
  for (long place = from; place < to; place++) {
    struct connection *connection = &connections[place % CONNECTIONS];
    if (!push(connection)) {
      held++;
      continue;
    }
    connection->length = write_request(connection->rest, place, torrents);
    push(connection);
    sent++;
  }
  for (int i = 0; i < CONNECTIONS; i++) {
    push(&connections[i]);
    read_replies(&connections[i]);
  }
}

static void write_connect(uint8_t to[16]) {
  static const uint8_t magic[8] = {0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80};
  memset(to, 0, 16);
  memcpy(to, magic, 8);
  put32(to + 12, 7);
}

static void ask_connection_id(int descriptor) {
  uint8_t request[16], reply[2048];
  write_connect(request);
  for (int attempt = 0; attempt < 50; attempt++) {
    send(descriptor, request, sizeof request, 0);
    struct pollfd ready = {descriptor, POLLIN, 0};
    if (poll(&ready, 1, 200) <= 0) continue;
    if (recv(descriptor, reply, sizeof reply, 0) != 16 || reply[3] != 0) continue;
    memcpy(connection_id, reply + 8, 8);
    return;
  }
  fail("no answer to a connect");
}

static void flood_udp(int descriptor, long from, long to, uint64_t torrents) {
  uint8_t bytes[2048];
  for (long place = from; place < to; place++) {
    int length = 16;
    if (place % CONNECT_EACH == 0) write_connect(bytes);
    else {
      uint64_t round = place / torrents;
      length = 98;
      memset(bytes, 0, length);
      memcpy(bytes, connection_id, 8);
      put32(bytes + 8, 1);
      put32(bytes + 12, place);
      write_infohash(bytes + 16, place % torrents);
      snprintf((char *)bytes + 36, 21, "-TR4050-%012u", (unsigned)(round % 4000000));
      put32(bytes + 68, 1);
      put32(bytes + 92, 50);
      bytes[96] = (1024 + round % 60000) >> 8;
      bytes[97] = (1024 + round % 60000) & 0xff;
    }
    if (send(descriptor, bytes, length, MSG_DONTWAIT) == length) sent++;
    else held++;
  }
  for (ssize_t came; (came = recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;) {
    replies++;
    if (bytes[3] == 3) failures++;
    if (bytes[3] == 0 && came == 16) memcpy(connection_id, bytes + 8, 8);
  }
}

int main(int argc, char **argv) {
  if (argc != 7) fail("PORT ADDRESS http|keys|udp RATE SECONDS TORRENTS");
  // A flood comes from another machine: the processor that this takes is not to be that of others.
  sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0});
  if (nice(10) < 0 && errno) fail("nice");
  int is_http = strcmp(argv[3], "udp") != 0, descriptor = -1;
  has_keys = strcmp(argv[3], "keys") == 0;
  double rate = atof(argv[4]), seconds = atof(argv[5]);
  uint64_t torrents = strtoull(argv[6], NULL, 10);
  tracker = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  tracker.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  own = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(argv[2])};
  if (is_http) for (int i = 0; i < CONNECTIONS; i++) connections[i].descriptor = open_socket(SOCK_STREAM);
  else ask_connection_id(descriptor = open_socket(SOCK_DGRAM));
  double start = seconds_now(), elapsed = 0;
  long done = 0;
  while (elapsed < seconds) {
    elapsed = seconds_now() - start;
    long due = elapsed * rate;
    if (is_http) flood_http(done, due, torrents);
    else flood_udp(descriptor, done, due, torrents);
    done = due;
    usleep(1000);
  }
  printf("{\"sent\":%ld,\"held\":%ld,\"replies\":%ld,\"failures\":%ld,\"broken\":%ld,\"seconds\":%.3f}\n", sent, held,
         replies, failures, broken, elapsed);
  return 0;
}
