import Metainfo
import OpenSSL
import TestSupport
import Testing

@Suite struct DigestTests {
  @Test func digestsOfKnownTexts() {
    #expect(SHA1Digest.hash(of: Array("abc".utf8)).description == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(
      SHA256Digest.hash(of: Array("abc".utf8)).description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(SHA1Digest.hash(of: []).description == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(
      SHA256Digest.hash(of: []).description == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func aHasherIsReusedAfterEachDigest() {
    var hasher = SHA256Hasher()
    hasher.update(Array("a".utf8))
    hasher.update(Array("bc".utf8)[...])
    #expect(hasher.finishDigest() == SHA256Digest.hash(of: Array("abc".utf8)))
    #expect(hasher.finish() == SHA256Digest.hash(of: []).bytes)
    hasher.update(Array("forgotten".utf8))
    hasher.reset()
    hasher.update(Array("abc".utf8))
    #expect(hasher.finishDigest() == SHA256Digest.hash(of: Array("abc".utf8)))
  }

  @Test func aDigestIsWrittenIntoTheCallersBytes() {
    var output = [UInt8](repeating: 0xEE, count: 24)
    var hasher = SHA1Hasher()
    hasher.update(Array("abc".utf8))
    output.withUnsafeMutableBytes { hasher.finish(into: $0) }
    #expect(Array(output.prefix(20)) == SHA1Digest.hash(of: Array("abc".utf8)).bytes)
    #expect(Array(output.suffix(4)) == [0xEE, 0xEE, 0xEE, 0xEE])
  }

  @Test func theDigestsOfBitTorrentAreAvailable() throws {
    try DigestAlgorithm.checkAvailability()
  }

  @Test func theErrorQueueIsTakenAsAValue() {
    let error = OpenSSLError.taken(after: "nothing")
    #expect(error.reasons.isEmpty)
    #expect("\(error)" == "nothing failed")
  }

  @Test func aHybridNamesItsSwarmsByBothDigests() throws {
    let torrent = try TorrentFixtures.torrent(.hybrid).torrent
    #expect(torrent.infoHash.wire == [torrent.infoHash.v1, torrent.infoHash.v2?.truncated].compactMap { $0 })
    #expect(torrent.infoHash.wire.count == 2)
  }
}
