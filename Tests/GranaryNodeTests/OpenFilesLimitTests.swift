import Testing

@testable import GranaryNode

struct OpenFilesLimitTests {
  @Test func enoughDescriptorsTakeNothingAway() {
    let limit = OpenFilesLimit(descriptors: 20_000)
    #expect(limit.connections(10_000, openFiles: 256) == 10_000)
    #expect(limit.shortage(10_000, openFiles: 256) == nil)
  }

  @Test func tooFewDescriptorsLowerTheNumberOfConnectionsAndSaySo() throws {
    let limit = OpenFilesLimit(descriptors: 4096)
    #expect(limit.connections(10_000, openFiles: 256) == 4096 - 256 - OpenFilesLimit.reserve)
    let text = try #require(limit.shortage(10_000, openFiles: 256))
    #expect(text.contains("only 4096 files open: at most 3648 connections are taken"))
    #expect(text.contains("10448"))
  }

  @Test func oneConnectionIsAlwaysTaken() {
    #expect(OpenFilesLimit(descriptors: 64).connections(10_000, openFiles: 256) == 1)
  }

  @Test func theSoftLimitIsRaisedToTheHardOne() {
    let raised = OpenFilesLimit.raise()
    #expect(raised.descriptors >= 256)
    #expect(OpenFilesLimit.raise() == raised)
  }
}
