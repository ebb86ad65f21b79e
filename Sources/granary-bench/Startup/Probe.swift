import Glibc
import Metainfo
import PeerProtocol

/// A blocking peer, as small as can be: shakes hands, reads what we are told first, asks for a block.
struct Probe: ~Copyable {
  private let descriptor: Int32

  /// Connects to a port of this machine; nil where nobody listens yet.
  init?(port: Int) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
    guard connected else {
      close(descriptor)
      return nil
    }
    var (patience, one) = (timeval(tv_sec: 10, tv_usec: 0), Int32(1))
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(descriptor) }

  /// Whether the node answers for the artifact and says that it has all of it (BEP 6).
  func isSeeded(_ infoHash: SHA1Digest) -> Bool {
    guard shakeHands(infoHash) else { return false }
    while let (id, _) = nextMessage() {
      if id == Identifier.haveAll { return true }
    }
    return false
  }

  /// Whether the node hands out the first block.
  func canFetch(_ infoHash: SHA1Digest, length: Int) -> Bool {
    guard isSeeded(infoHash), send([0, 0, 0, 1, Identifier.interested]) else { return false }
    while let (id, payload) = nextMessage() {
      if id == Identifier.unchoke {
        let request: [UInt8] = [0, 0, 0, 13, Identifier.request] + [UInt8](repeating: 0, count: 8)
        guard send(request + withUnsafeBytes(of: UInt32(length).bigEndian, Array.init)) else { return false }
      }
      if id == Identifier.piece { return payload == 8 + length }
    }
    return false
  }

  private enum Identifier {
    static let unchoke: UInt8 = 1
    static let interested: UInt8 = 2
    static let request: UInt8 = 6
    static let piece: UInt8 = 7
    static let haveAll: UInt8 = 14
  }

  private func shakeHands(_ infoHash: SHA1Digest) -> Bool {
    let reserved: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 4]
    let ours = [19] + Array("BitTorrent protocol".utf8) + reserved + infoHash.bytes + Array("-PR0001-abcdefghijkl".utf8)
    return send(ours) && receive(68)?.first == 19
  }

  /// The next message's id and the length of its payload; keep-alives are left out.
  private func nextMessage() -> (UInt8, Int)? {
    while let head = receive(4) {
      let length = head.reduce(0) { $0 << 8 | Int($1) }
      if length == 0 { continue }
      guard length < 1 << 20, let body = receive(length), let id = body.first else { return nil }
      return (id, length - 1)
    }
    return nil
  }

  private func send(_ bytes: [UInt8]) -> Bool { Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count }

  private func receive(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return recv(descriptor, &bytes, count, Int32(MSG_WAITALL)) == count ? bytes : nil
  }
}
