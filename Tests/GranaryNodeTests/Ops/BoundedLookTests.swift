import NIOCore
import Synchronization
import Testing

@testable import GranaryNode

@Suite struct BoundedLookTests {
  @Test func `what is there is seen`() async {
    let look = BoundedLook(patience: .seconds(60)) { 7 }
    let seen = await look.look()
    #expect(seen.value == 7 && seen.isUp && seen.problem == nil && seen.at != nil)
  }

  @Test func `what hangs is asked once, and keeps nobody waiting for good`() async {
    let asked = Mutex(0)
    let gate = AsyncStream.makeStream(of: Void.self)
    let look = BoundedLook(patience: .milliseconds(1)) {
      asked.withLock { $0 += 1 }
      for await _ in gate.stream {}
      return 7
    }
    for _ in 0..<5 {
      let seen = await look.look()
      #expect(seen.value == nil && !seen.isUp)
    }
    #expect(asked.withLock { $0 } <= 1)
    gate.continuation.finish()
    // The first look comes back some time; whoever asks then sees it.
    var seen = await look.look()
    while !seen.isUp { seen = await look.look() }
    #expect(seen.value == 7)
  }

  @Test func `what was seen is kept while it hangs, and is not up`() async {
    let isHanging = Mutex(false)
    let gate = AsyncStream.makeStream(of: Void.self)
    let look = BoundedLook(patience: .milliseconds(50)) {
      if isHanging.withLock({ $0 }) { for await _ in gate.stream {} }
      return 7
    }
    var seen = await look.look()
    while !seen.isUp { seen = await look.look() }
    isHanging.withLock { $0 = true }
    seen = await look.look()
    #expect(seen.value == 7 && !seen.isUp)
    gate.continuation.finish()
  }

  @Test func `what fails says why, and what was seen before is kept`() async {
    let isBroken = Mutex(false)
    let look = BoundedLook(patience: .seconds(60)) {
      if isBroken.withLock({ $0 }) { throw Failure(.diskIO, "the disk is gone") }
      return 7
    }
    _ = await look.look()
    isBroken.withLock { $0 = true }
    let seen = await look.look()
    #expect(seen.value == 7 && !seen.isUp && seen.problem == "the disk is gone")
  }

  @Test func `what is fresh is not looked at again`() async {
    let asked = Mutex(0)
    let look = BoundedLook(lifetime: .seconds(3600), patience: .seconds(60)) {
      asked.withLock {
        $0 += 1
        return $0
      }
    }
    #expect(await look.look().value == 1)
    #expect(await look.look().value == 1)
  }

  @Test func `whoever waits for a look is told what it saw, while others begin the next`() async {
    let look = BoundedLook(patience: .seconds(60)) {
      await Task.yield()
      return 7
    }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<500 where await look.look().isUp == false { return false }
          return true
        }
      }
      for await isUp in group { #expect(isUp) }
    }
  }

  @Test func `many who ask at once wait for one look`() async {
    let asked = Mutex(0)
    let gate = AsyncStream.makeStream(of: Void.self)
    let look = BoundedLook(lifetime: .seconds(3600), patience: .seconds(60)) {
      asked.withLock { $0 += 1 }
      for await _ in gate.stream {}
      return 7
    }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 { group.addTask { await look.look().isUp } }
      gate.continuation.finish()
      for await isUp in group { #expect(isUp) }
    }
    #expect(asked.withLock { $0 } == 1)
  }
}
