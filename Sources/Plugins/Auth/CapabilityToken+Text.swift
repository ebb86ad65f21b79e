import OpenSSL
internal import PluginKit

extension CapabilityToken {
  private static let prefix = "granary-token:"

  /// The token as one line of text: `granary-token:` and its bytes in hex.
  package var text: String { Self.prefix + HexText.text(bytes) }

  /// Reads the text of a token, with or without white space around it.
  package init(text: [UInt8]) throws(Malformed) {
    let line = String(decoding: text.filter { !($0 == 0x20 || (0x09...0x0D).contains($0)) }, as: UTF8.self)
    guard line.hasPrefix(Self.prefix), let bytes = HexText.bytes(String(line.dropFirst(Self.prefix.count))) else {
      throw Malformed(description: "the text of a token begins with \(Self.prefix), and hex digits follow")
    }
    try self.init(bytes)
  }
}

/// What commands say of tokens.
extension CapabilityToken {
  /// A moment in seconds since 1970, as `2027-01-31T18:00:00Z`.
  package static func moment(_ seconds: Int64) -> String {
    let (nanoseconds, isLate) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return Moment(WallTime(nanoseconds: isLate ? (seconds < 0 ? .min : .max) : nanoseconds)).description
  }

  /// Whether every operation and pattern is one that a node knows.
  package var isUnderstood: Bool { capability != nil }

  /// An issuer's key in hex; nil where the text is none.
  package static func publicKey(_ hex: String) -> Ed25519.PublicKey? { HexText.bytes(hex).flatMap { try? Ed25519.PublicKey($0) } }
}

extension CapabilityToken.Block {
  /// A block with a moment as people write it. Throws where it is none.
  package init(artifacts: [String]?, operations: [String]?, files: [String]?, until: String?) throws {
    let ends = try until.map { text in
      guard let moment = Moment(text) else {
        throw CapabilityToken.Malformed(description: "'\(text)' is not a moment such as 2027-01-31 or 2027-01-31T18:00:00Z")
      }
      return moment.time.seconds
    }
    self.init(artifacts: artifacts, operations: operations, files: files, ends: ends)
  }
}
