import TestSupport
import Testing

@testable import Storage

struct LeastRecentlyUsedTests {
  @Test func whatWasUsedLongestAgoLeavesFirst() {
    var table = LeastRecentlyUsed<String, Int>(capacity: 2)
    #expect(table.insert(1, for: "a") == [])
    #expect(table.insert(2, for: "b") == [])
    #expect(table.use("a") == 1)
    #expect(table.insert(3, for: "c") == [2])
    #expect(table.use("b") == nil)
    #expect(table.use("a") == 1)
    #expect(table.use("c") == 3)
    #expect(table.count == 2)
  }

  @Test func aKeysFormerValueLeavesWhenItIsReplaced() {
    var table = LeastRecentlyUsed<String, Int>(capacity: 2)
    _ = table.insert(1, for: "a")
    _ = table.insert(2, for: "b")
    #expect(table.insert(3, for: "a") == [1])
    #expect(table.count == 2)
    #expect(table.insert(4, for: "c") == [2])
  }

  @Test func capacityIsAtLeastOne() {
    var table = LeastRecentlyUsed<Int, Int>(capacity: -5)
    _ = table.insert(1, for: 1)
    #expect(table.insert(2, for: 2) == [1])
    #expect(table.use(2) == 2)
  }

  @Test func behavesAsAListInOrderOfUseWould() {
    var table = LeastRecentlyUsed<Int, Int>(capacity: 8)
    var model: [(key: Int, value: Int)] = []
    var random = SeededGenerator(seed: 1)
    for step in 0..<5_000 {
      let key = Int.random(in: 0..<16, using: &random)
      let place = model.firstIndex { $0.key == key }
      switch Int.random(in: 0..<8, using: &random) {
      case 0..<4:
        #expect(table.use(key) == place.map { model[$0].value })
        if let place { model.append(model.remove(at: place)) }
      case 4..<7:
        var leaving = place.map { [model.remove(at: $0).value] } ?? []
        if model.count == 8 { leaving.append(model.removeFirst().value) }
        model.append((key, step))
        #expect(table.insert(step, for: key) == leaving)
      default:
        #expect(table.remove(key) == place.map { model.remove(at: $0).value })
      }
      #expect(table.count == model.count)
    }
    #expect(Set(table.removeAll { $0 < 100 }) == Set(model.map(\.value)))
    #expect(table.count == 0)
  }
}
