import PeerProtocol
import Testing

@Suite struct HashRequestTests {
  // A file of 600 pieces of 32 KiB: 1,200 blocks, padded to 2,048 leaves, 11 layers above them.
  private let fileLength: Int64 = 600 * 32_768

  @Test(arguments: [(1, 0), (16_384, 0), (16_385, 1), (32_768, 1), (32_769, 2), (600 * 32_768, 11), (Int64.max, 49)] as [(Int64, UInt32)])
  func theTreeIsAsHighAsItsBlocksNeed(length: Int64, height: UInt32) {
    #expect(HashRequest.height(fileLength: length) == height)
  }

  @Test(arguments: [
    Fixtures.hashRequest(base: 1, index: 0, length: 512, proof: 9), Fixtures.hashRequest(base: 1, index: 512, length: 128, proof: 9),
    Fixtures.hashRequest(base: 0, index: 2_046, length: 2, proof: 10), Fixtures.hashRequest(base: 0, index: 0, length: 2_048, proof: 0),
    Fixtures.hashRequest(base: 10, index: 0, length: 2, proof: 0), Fixtures.hashRequest(base: 1, index: 1_023, length: 1, proof: 9),
  ]) func whatTheTreeHasIsServed(request: HashRequest) {
    #expect(request.refusal(fileLength: fileLength) == nil)
  }

  @Test(
    arguments: [
      (Fixtures.hashRequest(length: 0), .badLength), (Fixtures.hashRequest(length: 3), .badLength),
      (Fixtures.hashRequest(length: 16_384), .badLength), (Fixtures.hashRequest(length: .max), .badLength),
      (Fixtures.hashRequest(base: 11, length: 1), .noSuchLayer), (Fixtures.hashRequest(base: .max), .noSuchLayer),
      (Fixtures.hashRequest(index: 1, length: 2), .outsideLayer), (Fixtures.hashRequest(index: 2_048, length: 2), .outsideLayer),
      (Fixtures.hashRequest(index: .max - 1, length: 2), .outsideLayer), (Fixtures.hashRequest(base: 10, length: 4), .outsideLayer),
      (Fixtures.hashRequest(base: 1, length: 2, proof: 10), .tooManyProofLayers), (Fixtures.hashRequest(proof: .max), .tooManyProofLayers),
    ] as [(HashRequest, HashRequest.Refusal)]) func whatItHasNotIsRefused(request: HashRequest, refusal: HashRequest.Refusal)
  {
    #expect(request.refusal(fileLength: fileLength) == refusal)
  }

  @Test func anUnknownRootAnEmptyFileAndAFileOfOneBlockHaveNothingToServe() {
    let request = Fixtures.hashRequest()
    #expect(request.refusal(fileLength: nil) == .unknownRoot)
    #expect(request.refusal(fileLength: 0) == .unknownRoot)
    #expect(request.refusal(fileLength: -1) == .unknownRoot)
    #expect(request.refusal(fileLength: 16_384) == .noSuchLayer)
  }

  @Test(
    arguments: [(512, 9, 1), (512, 8, 0), (512, 20, 12), (2, 0, 0), (2, 1, 1), (4, 1, 0), (1, 3, 4), (0, 5, 0)] as [(UInt32, UInt32, Int)])
  func proofLayersThatTheHashesMakeThemselvesAreLeftOut(length: UInt32, proof: UInt32, uncles: Int) {
    let request = Fixtures.hashRequest(length: length, proof: proof)
    #expect(request.uncleCount == uncles)
    #expect(request.hashCount == Int(length) + uncles)
  }

  @Test func hugeNumbersDoNotOverflow() {
    let request = Fixtures.hashRequest(base: .max, index: .max, length: 0x8000_0000, proof: .max)
    #expect(request.hashCount > 0)
    #expect(request.refusal(fileLength: .max) == .badLength)
  }
}
