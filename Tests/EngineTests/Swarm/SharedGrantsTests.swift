import Metainfo
import PluginKit
import Testing

@testable import Engine

struct SharedGrantsTests {
  private let pieces = Bitfield(count: 80, filled: true)

  private func grant(_ reason: String, generation: UInt64 = 1) -> Grant {
    let verdict = Verdict.allow(reason, rule: "on_request[0]")
    let request = Decision(operation: .request, judgements: [Judgement(plugin: "gate", verdict: verdict)])
    return Grant(
      metadata: Decision(operation: .metadata, judgements: []), request: request,
      message: Decision(operation: .message, judgements: []), generation: generation)
  }

  private func address(_ bitfield: Bitfield) -> UnsafeRawPointer? { bitfield.bytes.withUnsafeBytes(\.baseAddress) }
  private func address(_ grant: Grant) -> UnsafeRawPointer? {
    grant.request.judgements.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
  }

  @Test func equalGrantsAreOneInMemory() {
    var grants = SharedGrants()
    let (first, second) = (
      grants.share(grant("it is the build network"), of: pieces), grants.share(grant("it is the build network"), of: pieces)
    )
    #expect(address(first.grant) == address(second.grant))
    #expect(address(first.visible) == address(second.visible))
    #expect(address(first.visible) == address(pieces))
  }

  @Test func differentGrantsStayThemselves() {
    var grants = SharedGrants()
    _ = grants.share(grant("it is the build network"), of: pieces)
    let other = grants.share(grant("it is a friend"), of: pieces)
    #expect(other.grant == grant("it is a friend"))
    let later = grants.share(grant("it is the build network", generation: 2), of: pieces)
    #expect(later.grant.generation == 2)
  }

  @Test func manyDifferentGrantsAreNotKept() {
    var grants = SharedGrants()
    let first = grants.share(grant("peer 0"), of: pieces)
    for number in 1...20 { _ = grants.share(grant("peer \(number)"), of: pieces) }
    let again = grants.share(grant("peer 0"), of: pieces)
    #expect(again.grant == first.grant)
    #expect(address(again.grant) != address(first.grant))
  }
}
