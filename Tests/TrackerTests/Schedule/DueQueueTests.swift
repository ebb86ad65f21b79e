import Testing
import Tracker

@Suite struct DueQueueTests {
  @Test func `keys come in the order of their times`() {
    var queue = DueQueue<Int>()
    var generator = RepeatableGenerator()
    for key in (0..<500).shuffled(using: &generator) { queue.set(key, to: .seconds(key / 2)) }
    #expect(queue.nextTime == .zero)
    #expect(queue.pop(now: .seconds(-1)) == nil)
    var times: [Int] = []
    while let key = queue.pop(now: .seconds(200)) { times.append(key / 2) }
    #expect(times == (0...401).map { $0 / 2 })
    #expect(queue.count == 98)
    #expect(queue.nextTime == .seconds(201))
  }

  @Test func `a key has the time set last, however often it is set`() {
    var queue = DueQueue<String>()
    for round in 0..<10_000 { queue.set("a", to: .seconds(10_000 - round)) }
    queue.set("b", to: .seconds(2))
    queue.set("c", to: .zero)
    queue.set("c", to: nil)
    #expect(queue.count == 2)
    #expect(queue.pop(now: .seconds(5)) == "a")
    #expect(queue.pop(now: .seconds(5)) == "b")
    #expect(queue.pop(now: .seconds(100_000)) == nil)
    #expect(queue.nextTime == nil)
  }

  @Test func `it agrees with a plain list under random use`() {
    var queue = DueQueue<Int>()
    var model: [Int: Int] = [:]
    var generator = RepeatableGenerator()
    for _ in 0..<20_000 {
      let key = Int.random(in: 0..<40, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        queue.set(key, to: nil)
        model[key] = nil
      case 1:
        let earliest = model.values.min()
        let popped = queue.pop(now: .seconds(earliest ?? 0))
        #expect(popped.flatMap { model[$0] } == earliest)
        if let popped { model[popped] = nil }
      default:
        let time = Int.random(in: 0..<1000, using: &generator)
        queue.set(key, to: .seconds(time))
        model[key] = time
      }
      #expect(queue.nextTime == model.values.min().map { .seconds($0) })
    }
  }

  @Test func `starts are spread, and the first after a pause is due at once`() {
    var spread = StartSpread(perSecond: 2)
    #expect((0..<3).map { _ in spread.take(now: .seconds(10)) } == [.seconds(10), .milliseconds(10_500), .seconds(11)])
    #expect(spread.take(now: .seconds(20)) == .seconds(20))
  }
}
