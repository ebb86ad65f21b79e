import Metainfo
import TestSupport

/// Bencode as a document, and as the beginning of a message. The first byte chooses the limits and what is forgiven.
struct BencodeTarget: FuzzTarget {
  static let name = "bencode"
  static let maximumLength = 64 << 10

  func run(_ input: [UInt8]) throws {
    guard let choice = input.first else { return }
    let bytes = Array(input.dropFirst())
    let options: BencodeOptions = choice & 1 == 0 ? [] : .allowsUnsortedKeys
    let limits = [BencodeLimits.message, .torrent, BencodeLimits(size: 4096, depth: 4, tokens: 64)][Int(choice >> 1) % 3]
    if let value = try? Bencode.decode(bytes, limits: limits, options: options) { try check(value, bytes, options, limits) }
    if let (value, end) = try? Bencode.decodePrefix(bytes, limits: limits, options: options) {
      try promise(end <= bytes.count, "the value ends behind the bytes")
      if options.isEmpty { try promise(value.encoded() == Array(bytes[..<end]), "what is taken strictly has one form") }
    }
    if let span = try? Bencode.span(of: "info", in: bytes, limits: limits, options: options) {
      try promise(span.upperBound <= bytes.count && !span.isEmpty, "the span is outside of the bytes")
    }
  }

  private func check(_ value: Bencode, _ bytes: [UInt8], _ options: BencodeOptions, _ limits: BencodeLimits) throws {
    let encoded = value.encoded()
    try promise(!options.isEmpty || encoded == bytes, "what is taken strictly has one form")
    try promise(Bencode.decode(encoded, limits: limits) == value, "what we encode is not what was decoded")
  }

  func seeds() throws -> [[UInt8]] {
    let torrent = try TorrentFixtures.torrent(.hybrid, files: [TorrentFixtures.File("a", [1])]).bytes
    let texts = ["i0e", "i-9223372036854775808e", "0:", "le", "de", "d1:ai1e1:bl3:abcdeee", "d4:infod4:name1:xee", "lllllleeeeee"]
    return ([torrent] + texts.map { Array($0.utf8) }).flatMap { bytes in [0, 1, 4].map { [$0] + bytes } }
  }
}
