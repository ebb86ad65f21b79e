import Control
import Engine
import Foundation
import Inventory
import Logging
import Metainfo
import NIOPosix
import PeerProtocol
import Synchronization

/// The place of a node that has given it up for us: its lock and its sockets are here, and over the line comes what it has to say until its end.
final class Inheritance: Sendable {
  let letter: HandoverLetter
  let lock: NodeLock
  let peerID: PeerID
  private let heirloom: Mutex<[ListeningSocket]>
  private let line: HandoverLine
  private let isHeard = Atomic(false)

  /// How long a node may take to end what it was about before it gives up its place.
  private static let patience = Duration.seconds(60)
  /// How long one may take to let its peers go and to store what it has: more than each of its parts may.
  private static let drain = Duration.seconds(90)
  private static let longestLetter = 64 << 10
  /// A journal's queue at its fullest, in JSON.
  private static let longestRemainder = 64 << 20

  private init(_ letter: HandoverLetter, _ descriptors: [CInt], _ line: HandoverLine) throws {
    guard letter.schema == HandoverLetter.version, let peerID = Hex.decode(letter.peerID).flatMap(PeerID.init(_:)),
      let lock = descriptors.first
    else {
      for descriptor in descriptors { close(descriptor) }
      throw HandoverLine.Broken("it hands over in another way than this build")
    }
    (self.letter, self.line, self.peerID) = (letter, line, peerID)
    self.lock = NodeLock(adopting: lock)
    heirloom = Mutex(
      descriptors.dropFirst().compactMap { descriptor in
        let socket = ListeningSocket(adopting: descriptor)
        if socket == nil { close(descriptor) }
        return socket
      })
  }

  /// Asks the node of a state directory to give up its place, and waits until it has; nil where none answers, or it ended without.
  static func ask(_ paths: NodePaths) async throws -> Inheritance? {
    guard UnixSocket.isAnswered(path: paths.socket) else { return nil }
    let client = ControlClient(path: paths.socket, group: MultiThreadedEventLoopGroup.singleton)
    let place = paths.heirSocket
    let (asked, answer) = AsyncStream.makeStream(of: Void.self)
    let waiting = Task {
      try await NIOThreadPool.singleton.runIfActive {
        defer { answer.finish() }
        return try HandoverLine.accept(at: place, within: patience) { answer.yield() }
      }
    }
    for await _ in asked.prefix(1) {
      do {
        _ = try await client.handOver(HandoverOrder(socket: place))
      } catch {
        // Most likely nobody will come: whoever waits is called off by a visit. If only the answer was lost, the node was there before.
        _ = try? HandoverLine.connect(to: place)
        guard let refusal = error as? ErrorsDocument else { continue }
        _ = try? await waiting.value
        throw refusal
      }
    }
    let line = try await waiting.value
    return try await NIOThreadPool.singleton.runIfActive {
      guard let (letter, descriptors) = try line.receive(HandoverLetter.self, longest: longestLetter, within: patience) else { return nil }
      return try Inheritance(letter, descriptors, line)
    }
  }

  /// The sockets, which are the caller's from now on.
  func takeSockets() -> InheritedSockets {
    InheritedSockets(
      heirloom.withLock { sockets in
        defer { sockets = [] }
        return sockets
      })
  }

  /// What the former node could not store any more, once; blocks until it has ended. Throws where it has ended without a word, or does not end.
  func remainder() throws -> HandoverRemainder? {
    guard !isHeard.exchange(true, ordering: .relaxed) else { return nil }
    guard let said = try line.receive(HandoverRemainder.self, longest: Self.longestRemainder, within: Self.drain) else {
      throw HandoverLine.Broken("it has ended without a word")
    }
    return said.line
  }

  deinit {
    for socket in heirloom.withLock({ $0 }) { close(socket.descriptor) }
  }
}
