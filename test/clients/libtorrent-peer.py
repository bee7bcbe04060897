"""A libtorrent peer of one torrent until SIGTERM: libtorrent-peer.py TORRENT_FILE CONTENT_DIRECTORY ADDRESS

What happens goes to stdout, a line an event.
"""

import signal
import sys
import time

import libtorrent

torrent_file, content_directory, address = sys.argv[1:]
categories = libtorrent.alert.category_t

session = libtorrent.session(
    {
        # Port 0: any free one. uTP is off because a refused uTP connection is only noticed after seconds.
        "listen_interfaces": f"[{address}]:0" if ":" in address else f"{address}:0",
        "enable_outgoing_utp": False,
        "enable_incoming_utp": False,
        # The tracker is the only source of peers.
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        # All peers here have one address.
        "allow_multiple_connections_per_ip": True,
        "alert_mask": categories.error_notification
        | categories.tracker_notification
        | categories.status_notification
        | categories.connect_notification,
    }
)

torrent = libtorrent.add_torrent_params()
torrent.ti = libtorrent.torrent_info(torrent_file)
torrent.save_path = content_directory
flags = libtorrent.torrent_flags
torrent.flags |= flags.disable_dht | flags.disable_lsd | flags.disable_pex
torrent.flags &= ~(flags.auto_managed | flags.paused)
handle = session.add_torrent(torrent)

stopping = False


def stop(_signal, _frame):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, stop)


def show_alerts():
    session.wait_for_alert(100)
    alerts = session.pop_alerts()
    for alert in alerts:
        print(alert.what(), alert.message(), flush=True)
    return [alert.what() for alert in alerts]


while not stopping:
    show_alerts()

# A session that ends does not wait for a tracker over UDP, a torrent that pauses tells it.
handle.pause()
deadline = time.monotonic() + 3
while time.monotonic() < deadline and "tracker_reply" not in show_alerts():
    pass
# Ends when the tracker was told.
del session
