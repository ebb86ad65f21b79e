extension RecordedFacts {
  /// The facts as one line of JSON, which `JSONDecoder` reads back.
  ///
  /// Written by hand: a verdict is recorded on its connection's loop, where an encoder that looks for each key by reflection would cost
  /// twenty times as much.
  public var json: String {
    var text = FactsText()
    text.object { text in
      text.field("operation", operation.rawValue)
      text.field("at", at)
      text.field("address", address)
      text.field("direction", direction.rawValue)
      text.field("link", link.rawValue)
      if let certificate { text.field("certificate") { $0.write(certificate) } }
      text.field("identities") { $0.array(identities) { $0.write($1) } }
      if let capability { text.field("capability") { $0.write(capability) } }
      if let artifact { text.field("artifact") { $0.write(artifact) } }
      if let infoHash { text.field("info_hash", infoHash) }
      if let peerID { text.field("peer_id", peerID) }
      if let client { text.field("client", client) }
      if let history { text.field("history") { $0.write(history) } }
      text.field("left_out") { $0.array(leftOut) { $0.write($1) } }
    }
    return text.text
  }
}

extension FactsText {
  fileprivate mutating func write(_ certificate: RecordedFacts.Certificate) {
    object { text in
      text.field("trust", certificate.trust)
      text.field("subject", certificate.subject)
      text.field("serial", certificate.serial)
      text.field("valid_until", certificate.validUntil)
    }
  }

  fileprivate mutating func write(_ history: PeerHistory) {
    object { text in
      if let bytes = history.bytes { text.field("bytes", bytes) }
      if let connections = history.connections { text.field("connections", Int64(connections)) }
    }
  }

  mutating func write(_ limits: RecordedFacts.Limits) {
    object { text in
      text.field("issuer", limits.issuer)
      text.field("id", limits.id)
      text.field("artifacts") { $0.array(limits.artifacts) { $0.array($1) { $0.write($1) } } }
      text.field("operations") { $0.array(limits.operations) { $0.write($1.rawValue) } }
      text.field("files") { $0.array(limits.files) { $0.array($1) { $0.write($1) } } }
      text.field("valid_until", limits.validUntil)
    }
  }

  fileprivate mutating func write(_ identity: Identity) {
    object { text in
      text.field("trust", identity.trust)
      text.field("name", identity.name)
    }
  }

  fileprivate mutating func write(_ artifact: RecordedFacts.Artifact) {
    object { text in
      text.field("id", artifact.id)
      text.field("name", artifact.name)
      if let hash = artifact.infoHashV1 { text.field("info_hash_v1", hash) }
      if let hash = artifact.infoHashV2 { text.field("info_hash_v2", hash) }
      text.field("labels") { text in
        text.object { text in
          for (key, value) in artifact.labels.sorted(by: { $0.key < $1.key }) { text.field(key, value) }
        }
      }
      text.field("private") { $0.write(artifact.isPrivate) }
      text.field("ssl") { $0.write(artifact.isSSL) }
    }
  }
}

/// JSON text in the making.
struct FactsText {
  private var bytes: [UInt8] = []
  private var isFirst = true

  init() { bytes.reserveCapacity(512) }

  var byteCount: Int { bytes.count }
  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func object(_ body: (inout FactsText) -> Void) {
    nest(UInt8(ascii: "{"), UInt8(ascii: "}")) { body(&$0) }
  }

  mutating func array<Element>(_ elements: [Element], _ write: (inout FactsText, Element) -> Void) {
    nest(UInt8(ascii: "["), UInt8(ascii: "]")) { text in
      for element in elements {
        text.separate()
        write(&text, element)
      }
    }
  }

  mutating func field(_ name: String, _ value: String) { field(name) { $0.write(value) } }
  mutating func field(_ name: String, _ value: Int64) { field(name) { $0.bytes += String(value).utf8 } }

  mutating func field(_ name: String, _ write: (inout FactsText) -> Void) {
    separate()
    self.write(name)
    bytes.append(UInt8(ascii: ":"))
    write(&self)
  }

  mutating func write(_ value: Bool) { bytes += (value ? "true" : "false").utf8 }

  mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0..<0x20: bytes += "\\u00".utf8 + [Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// The bytes that a text takes between its quotes.
  static func cost(of text: String) -> Int {
    text.utf8.reduce(0) { sum, byte in
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): sum + 2
      case 0..<0x20: sum + 6
      default: sum + 1
      }
    }
  }

  private mutating func nest(_ open: UInt8, _ close: UInt8, _ body: (inout FactsText) -> Void) {
    bytes.append(open)
    isFirst = true
    body(&self)
    bytes.append(close)
    isFirst = false
  }

  private mutating func separate() {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
  }

  private static let digits = Array("0123456789abcdef".utf8)
}
