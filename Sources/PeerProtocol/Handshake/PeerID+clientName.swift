extension PeerID {
  /// The client that the id names, for people: `libtorrent 2.0.8 (-LT2080-)`. What no convention explains is given as escaped text.
  /// Any peer can claim any name.
  public var clientName: String {
    let id = bytes
    guard let client = Self.azureus(id) ?? Self.mainline(id) ?? Self.shadow(id) else { return description }
    return "\(client.name) \(client.version) (\(EscapedText.escape(id.prefix(client.length))))"
  }

  private struct Client {
    let name: String
    let version: String
    /// Bytes of the id that were read.
    let length: Int
  }

  /// `-XXnnnn-`: two letters, four digits of base 36 (BEP 20). A last digit of 0 says nothing and is left out.
  private static func azureus(_ id: [UInt8]) -> Client? {
    guard id[0] == dash, id[7] == dash, isCode(id[1]), isCode(id[2]) else { return nil }
    var version = id[3...6].compactMap(digit)
    guard version.count == 4 else { return nil }
    if version.last == 0 { version.removeLast() }
    return Client(name: name(id[1...2]), version: dotted(version), length: 8)
  }

  /// `M7-10-5-` and aria2's `A2-1-36-0-`: numbers of one to three digits between dashes.
  private static func mainline(_ id: [UInt8]) -> Client? {
    let isAria = id.starts(with: "A2-".utf8)
    guard isAria || id[0] == UInt8(ascii: "M") || id[0] == UInt8(ascii: "Q") else { return nil }
    var position = isAria ? 3 : 1
    var version: [Int] = []
    while version.count < 3 {
      let digits = id[position...].prefix(3).prefix { $0 >= 0x30 && $0 <= 0x39 }
      let end = position + digits.count
      guard !digits.isEmpty, end < id.count, id[end] == dash else { return nil }
      version.append(digits.reduce(0) { $0 * 10 + Int($1 - 0x30) })
      position = end + 1
    }
    return Client(name: isAria ? "aria2" : name(id[0...0]), version: dotted(version), length: position)
  }

  /// `Snnn-----`: one letter, three to five digits of base 36, dashes up to the ninth byte.
  private static func shadow(_ id: [UInt8]) -> Client? {
    guard isLetter(id[0]), id[6...8].allSatisfy({ $0 == dash }) else { return nil }
    let digits = id[1...5].prefix { $0 != dash }
    let version = digits.compactMap(digit)
    guard digits.count >= 3, version.count == digits.count, id[(1 + digits.count)...5].allSatisfy({ $0 == dash }) else { return nil }
    return Client(name: name(id[0...0]), version: dotted(version), length: 9)
  }

  private static func name(_ code: some Sequence<UInt8>) -> String {
    let code = EscapedText.escape(code)
    return names[code] ?? code
  }

  private static func dotted(_ version: [Int]) -> String { version.map(String.init).joined(separator: ".") }

  private static let dash = UInt8(ascii: "-")

  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

  private static func isCode(_ byte: UInt8) -> Bool { isLetter(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "~") }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte - 0x30)
    case 0x41...0x5A: Int(byte - 0x41) + 10
    case 0x61...0x7A: Int(byte - 0x61) + 36
    case UInt8(ascii: "."): 62
    default: nil
    }
  }

  /// The clients that one meets, by their code.
  private static let names: [String: String] = [
    "AG": "Ares", "A~": "Ares", "AZ": "Azureus", "BC": "BitComet", "BF": "Bitflu", "BI": "BiglyBT", "BT": "BitTorrent",
    "CD": "Enhanced CTorrent",
    "CT": "CTorrent", "DE": "Deluge", "FD": "Free Download Manager", "GY": "Granary", "KG": "KGet", "KT": "KTorrent", "LT": "libtorrent",
    "LW": "Limewire", "ML": "MLdonkey", "MO": "MonoTorrent", "PI": "PicoTorrent", "QD": "QQDownload", "RN": "rain", "SD": "Xunlei",
    "SZ": "Shareaza", "TB": "Torch", "TL": "Tribler", "TN": "Torrent.NET", "TR": "Transmission", "TX": "Tixati", "UM": "uTorrent Mac",
    "UT": "uTorrent", "UW": "uTorrent Web", "WD": "WebTorrent Desktop", "WW": "WebTorrent", "XL": "Xunlei", "lt": "rTorrent",
    "qB": "qBittorrent", "A": "ABC", "M": "Mainline", "O": "Osprey Permaseed", "Q": "BTQueue", "R": "Tribler", "S": "Shadow",
    "T": "BitTornado", "U": "UPnP NAT Bit Torrent",
  ]
}
