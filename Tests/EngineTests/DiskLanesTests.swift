import Glibc
import NIOPosix
import Synchronization
import Testing

@testable import Engine

struct DiskLanesTests {
  @Test func aDeviceAloneHasHalfOfTheThreads() {
    var lanes = DiskLanes<Int>(threads: 8)
    let started = (0..<10).map { lanes.begin(1, $0) }
    #expect(started == [true, true, true, true, false, false, false, false, false, false])
  }

  @Test func otherDevicesStillGetThreads() {
    var lanes = DiskLanes<Int>(threads: 8)
    var started: [UInt64: Int] = [:]
    for device in UInt64(1)...4 {
      for job in 0..<10 where lanes.begin(device, job) { started[device, default: 0] += 1 }
    }
    #expect(started == [1: 4, 2: 3, 3: 1])
    // The fourth has none of the eight, and so is the next to have one.
    let next = lanes.end(1)
    #expect(next.map(\.lane) == [4])
  }

  @Test func whatWaitsStartsInOrderWhenAJobEnds() {
    var lanes = DiskLanes<Int>(threads: 4)
    for job in 0..<5 { _ = lanes.begin(1, job) }
    let first = lanes.end(1)
    let second = lanes.end(1)
    #expect(first.map(\.job) == [2])
    #expect(second.map(\.job) == [3])
  }

  @Test func threadsThatAnotherDeviceGivesBackAreUsed() {
    var lanes = DiskLanes<Int>(threads: 8)
    for job in 0..<4 { _ = lanes.begin(1, job) }
    for job in 0..<6 { _ = lanes.begin(2, 100 + job) }
    // Device 1 lets go of all it had: device 2, which has three, may have four now.
    let next = (0..<4).flatMap { _ in lanes.end(1) }
    #expect(next.map(\.job) == [103])
    #expect(next.allSatisfy { $0.lane == 2 })
  }

  @Test func oneThreadServesAllDevicesInTurn() {
    var lanes = DiskLanes<Int>(threads: 1)
    let started = lanes.begin(1, 1)
    #expect(started)
    let second = lanes.begin(1, 2)
    #expect(!second)
    let next = lanes.end(1)
    #expect(next.map(\.job) == [2])
  }

  @Test func jobsOfAPoolThatIsShutDownEndOneAfterTheOther() async throws {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    try await pool.shutdownGracefully()
    let threads = DiskThreads(pool: pool, threads: 1)
    let cancelled = Atomic(0)
    threads.submit(1) { _ in
      for _ in 0..<100_000 { threads.submit(1) { if $0 == .cancelled { cancelled.add(1, ordering: .relaxed) } } }
    }
    #expect(cancelled.load(ordering: .relaxed) == 100_000)
  }

  @Test func aDeviceThatHangsLeavesTheOthersTheirThreads() async throws {
    let pool = NIOThreadPool(numberOfThreads: 4)
    pool.start()
    let threads = DiskThreads(pool: pool, threads: 4)
    let isReleased = Atomic(false)
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      for _ in 0..<16 {
        threads.submit(1) { _ in
          while !isReleased.load(ordering: .acquiring) { usleep(1000) }
        }
      }
      threads.submit(2) { _ in done.resume() }
    }
    isReleased.store(true, ordering: .releasing)
    try await pool.shutdownGracefully()
  }
}
