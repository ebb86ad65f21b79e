import Metainfo

/// What makes two refusals equal: everything but when they fell and their facts. One of many is equal to such ones only.
struct JournalKey: Hashable {
  let texts: [String?]
  let infoHash: SHA1Digest?
  let policyGeneration: Int64?
  let isDigest: Bool

  init(_ entry: JournalEntry) {
    texts = [
      entry.verdict, entry.operation, entry.principal, entry.address, entry.artifact, entry.plugin, entry.rule, entry.reason, entry.place,
    ]
    (infoHash, policyGeneration, isDigest) = (entry.infoHash, entry.policyGeneration, entry.isDigest)
  }

  /// A number by which the journal's index finds equal rows: FNV-1a over the texts. Equal keys have equal numbers in every process;
  /// the columns are compared too, so that a clash made on purpose hides nothing.
  var number: Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for text in texts + [infoHash?.description, policyGeneration.map(String.init)] {
      // 0xFF is no byte of UTF-8: it keeps fields apart, and 0xFE keeps nothing apart from empty.
      for byte in text.map({ Array($0.utf8) }) ?? [0xFE] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }
    return Int64(bitPattern: (hash ^ (isDigest ? 1 : 0)) &* 0x100_0000_01B3)
  }
}
