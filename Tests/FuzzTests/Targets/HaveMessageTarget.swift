import PluginKit

@testable import Plugins

/// Messages of gr_have.
struct HaveMessageTarget: FuzzTarget {
  static let name = "gr-have"
  static let maximumLength = HaveMessage.maximumSize + 1

  func run(_ input: [UInt8]) throws {
    guard let message = try? HaveMessage(input) else { return }
    try promise(HaveMessage(message.encoded) == message, "what we encode is another message")
    switch message {
    case .question(_, let hashes): try promise((1...HaveMessage.most).contains(hashes.count), "a question about too much")
    case .answer(_, let standings):
      try promise(standings.allSatisfy { $0.map { $0.held >= 0 && $0.held <= $0.pieces } ?? true }, "more is held than there is")
    case .catalogue(_, let offset): try promise(offset >= 0, "before the catalogue's beginning")
    case .part(_, let offset, let size, let bytes): try promise(offset >= 0 && Int64(bytes.count) <= size, "a part that is no part")
    case .later: break
    }
  }

  func seeds() throws -> [[UInt8]] {
    let messages: [HaveMessage] = [
      .question(id: 1, infoHashes: [[UInt8](repeating: 1, count: 20), [UInt8](repeating: 2, count: 32)]),
      .question(id: 7, infoHashes: [[UInt8]](repeating: [UInt8](repeating: 3, count: 20), count: HaveMessage.most)),
      .catalogue(id: 1, offset: 0), .part(id: 1, offset: 4, size: 9, bytes: [1, 2, 3]),
      .answer(id: 1, standings: [nil, ArtifactStanding(held: 3, pieces: 8), ArtifactStanding(held: 0, pieces: 0)]), .later(id: 9),
    ]
    return messages.map(\.encoded)
  }
}
