import OpenSSL

@testable import Plugins

/// Messages of gr_notice.
struct NoticeTarget: FuzzTarget {
  static let name = "gr-notice"
  static let maximumLength = Notice.maximumSize + 1

  func run(_ input: [UInt8]) throws {
    guard let notice = try? Notice(input) else { return }
    try promise(notice.encoded == input, "what we encode is another notice")
    try promise(notice.sequence > 0, "a sequence number that is none")
    try promise(notice.content.text.utf8.count <= Notice.longestText, "a text that is too long")
    // Whether it is or not: what is signed is all of it.
    _ = notice.isSigned
    _ = notice.content.summary
  }

  func seeds() throws -> [[UInt8]] {
    let key = try Ed25519.PrivateKey.generate()
    let contents = [
      NoticeContent(.superseded(by: [UInt8](repeating: 9, count: 20)), text: "1.1 is out"), NoticeContent(.withdraw),
      NoticeContent(.expires(at: 1_900_000_000), text: "grüße"), NoticeContent(.text, text: "for people"),
    ]
    return try contents.enumerated().map { index, content in
      try Notice.signed(
        content, infoHash: [UInt8](repeating: 1, count: index.isMultiple(of: 2) ? 20 : 32), sequence: Int64(index + 1),
        issued: 1_795_000_000, until: 1_895_000_000, key: key
      ).encoded
    }
  }
}
