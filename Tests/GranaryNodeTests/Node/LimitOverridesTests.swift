import Control
import Settings
import Testing

@testable import GranaryNode

struct LimitOverridesTests {
  private var configured: Limits {
    var limits = Limits()
    (limits.upload, limits.download) = (ByteRate(bytesPerSecond: 1 << 20), ByteRate(bytesPerSecond: 2 << 20))
    return limits
  }

  @Test func `what is set holds until it is reset, and what is not is the configuration's`() throws {
    var overrides = LimitOverrides()
    try overrides.take(LimitsOrder(set: [.init(name: .upload, rate: 65_536), .init(name: .download, rate: nil)]))
    let limits = overrides.applied(to: configured)
    #expect(limits.upload?.bytesPerSecond == 65_536 && limits.download == nil && limits.uploadPerArtifact == nil)
    let document = overrides.document(configured)
    #expect(document.limits.map(\.rate) == [65_536, nil, nil, nil] && document.limits.map(\.overridden) == [true, true, false, false])
    #expect(document.limits.map(\.configured) == [1 << 20, 2 << 20, nil, nil])
    #expect(document.summary == "upload 64.0 KiB/s, download no limit")
    try overrides.take(LimitsOrder(reset: [.upload, .uploadPerPrincipal]))
    #expect(overrides.applied(to: configured).upload?.bytesPerSecond == 1 << 20 && overrides.applied(to: configured).download == nil)
    try overrides.take(LimitsOrder(reset: [.download]))
    #expect(overrides == LimitOverrides() && overrides.document(configured).summary == "all limits are the configuration's")
  }

  @Test(arguments: [
    LimitsOrder(), LimitsOrder(set: [.init(name: .upload, rate: 0)]), LimitsOrder(set: [.init(name: .upload, rate: .min)]),
    LimitsOrder(set: [.init(name: .upload, rate: 16_383)]),
    LimitsOrder(set: [.init(name: .upload, rate: 20_000), .init(name: .upload, rate: nil)]),
    LimitsOrder(set: [.init(name: .upload, rate: 20_000)], reset: [.upload]),
  ])
  func `an order that makes no sense changes nothing`(order: LimitsOrder) throws {
    var overrides = LimitOverrides()
    try overrides.take(LimitsOrder(set: [.init(name: .upload, rate: 65_536)]))
    let before = overrides
    #expect(#expect(throws: Failure.self) { try overrides.take(order) }?.status == .usage)
    #expect(overrides == before)
  }
}
