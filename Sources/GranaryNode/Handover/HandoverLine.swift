import CLinux
import Foundation

/// A Unix stream socket between two nodes of the same user, over which one hands its place to the other: lines of JSON, and open descriptors
/// with them. Every call blocks, for a bounded time: not for event loops.
final class HandoverLine: Sendable {
  /// What went wrong on it, in words.
  struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ code: CInt = errno) { description = "\(what): \(String(cString: strerror(code)))" }
    init(_ description: String) { self.description = description }
  }

  private let descriptor: CInt

  private init(_ descriptor: CInt) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Listens at a path that nobody else uses, until somebody has come, which is this node's user or root.
  static func accept(at path: String, within limit: Duration, onListening: () throws -> Void) throws -> HandoverLine {
    unlink(path)
    let listener = HandoverLine(try make())
    defer { unlink(path) }
    guard try withAddress(path, { bind(listener.descriptor, $0, $1) }) == 0, listen(listener.descriptor, 1) == 0 else {
      throw Broken("cannot listen at \(path)")
    }
    try onListening()
    try listener.wait(for: Int16(POLLIN), until: .now + limit)
    let accepted = Glibc.accept(listener.descriptor, nil, nil)
    guard accepted >= 0 else { throw Broken("nobody came to \(path)") }
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
    return try HandoverLine(accepted).checked()
  }

  /// Goes to whoever listens at a path, which is this node's user or root.
  static func connect(to path: String) throws -> HandoverLine {
    let line = HandoverLine(try make())
    guard try withAddress(path, { Glibc.connect(line.descriptor, $0, $1) }) == 0 else { throw Broken("cannot connect to \(path)") }
    return try line.checked()
  }

  private static func make() throws -> CInt {
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw Broken("no socket") }
    return descriptor
  }

  private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) throws -> CInt {
    guard var address = UnixSocket.address(path) else { throw Broken("\(path) is too long for a socket") }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  /// The kernel's word on who is at the other end.
  private func checked() throws -> HandoverLine {
    guard let peer else { throw Broken("nobody vouches for the other end") }
    guard peer.uid == getuid() || peer.uid == 0 else { throw Broken("user \(peer.uid) is at the other end") }
    return self
  }

  private var peer: granary_ucred? {
    var (peer, length) = (granary_ucred(), socklen_t(MemoryLayout<granary_ucred>.size))
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer : nil
  }

  /// The process at the other end.
  var process: pid_t? { peer?.pid }

  private func wait(for events: Int16, until end: ContinuousClock.Instant) throws(Broken) {
    while true {
      let left = end - .now
      guard left > .zero else { throw Broken("the other end does not answer") }
      var question = pollfd(fd: descriptor, events: events, revents: 0)
      let answer = poll(&question, 1, CInt(min(60_000, max(1, left / .milliseconds(1)))))
      if answer > 0 { return }
      guard answer == 0 || errno == EINTR else { throw Broken("poll") }
    }
  }

  // MARK: Lines

  /// Sends a line, the descriptors with its first byte.
  func send(_ line: some Encodable, descriptors: [CInt] = [], within limit: Duration) throws(Broken) {
    guard let text = try? JSONEncoder().encode(line) else { throw Broken("there is no JSON of it") }
    var rest = (Array(text) + [UInt8(ascii: "\n")])[...]
    guard descriptors.count <= Int(granary_most_descriptors) else { throw Broken("\(descriptors.count) sockets are too many") }
    let end = ContinuousClock.now + limit
    var pending = descriptors
    while !rest.isEmpty {
      try wait(for: Int16(POLLOUT), until: end)
      let sent = rest.withUnsafeBytes { granary_send_descriptors(descriptor, pending, CInt(pending.count), $0.baseAddress, $0.count) }
      guard sent >= 0 || errno == EAGAIN || errno == EINTR else { throw Broken("sending") }
      if sent > 0 {
        rest.removeFirst(sent)
        pending = []
      }
    }
  }

  /// A line of at most `longest` bytes and the descriptors that came with it, which are the caller's; nil where the other end has gone.
  func receive<Line: Decodable>(_ kind: Line.Type, longest: Int, within limit: Duration) throws -> (line: Line, descriptors: [CInt])? {
    var (text, descriptors) = ([UInt8](), [CInt]())
    do {
      let end = ContinuousClock.now + limit
      while text.last != UInt8(ascii: "\n") {
        try wait(for: Int16(POLLIN), until: end)
        guard try receive(&text, &descriptors) else {
          for descriptor in descriptors { close(descriptor) }
          return nil
        }
        guard text.count <= longest else { throw Broken("more than \(longest) bytes came") }
      }
      return (try JSONDecoder().decode(kind, from: Data(text)), descriptors)
    } catch {
      for descriptor in descriptors { close(descriptor) }
      throw error
    }
  }

  /// What has come; false at the end. One byte more than a line is never there: the other end says nothing until it is read.
  private func receive(_ text: inout [UInt8], _ descriptors: inout [CInt]) throws -> Bool {
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    var room = [CInt](repeating: -1, count: Int(granary_most_descriptors))
    var count = CInt(room.count)
    let got = granary_receive_descriptors(descriptor, &room, &count, &bytes, bytes.count)
    guard got >= 0 else {
      guard errno == EAGAIN || errno == EINTR else { throw Broken("receiving") }
      return true
    }
    descriptors += room.prefix(Int(count))
    text += bytes.prefix(got)
    return got > 0
  }
}
