"""A stranger in the network of a pair: adverts of VRRP version 2 on eth0, router 51, priority 150, twenty a second.

    vrrp_stranger.py ADDRESS PASSWORD
"""
import socket
import struct
import sys
import time


def advert(address, password):
    body = struct.pack("!BBBBBBH4s8s", 0x21, 51, 150, 1, 1, 1, 0, socket.inet_aton(address), password.encode())
    total = sum(struct.unpack(f"!{len(body) // 2}H", body))
    total = (total >> 16) + (total & 0xFFFF)
    return body[:6] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + body[8:]


def speak(packet):
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0\0")
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    while True:
        out.sendto(packet, ("224.0.0.18", 0))
        time.sleep(0.05)


if __name__ == "__main__":
    speak(advert(*sys.argv[1:]))
