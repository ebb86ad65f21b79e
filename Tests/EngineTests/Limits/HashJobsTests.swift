import Testing

@testable import Engine

struct HashJobsTests {
  @Test
  func aDeviceThatHangsLeavesTheOthersTheirShare() {
    let jobs = HashJobs()
    for _ in 0..<HashJobs.mostOnADevice { #expect(jobs.begin(on: 1)) }
    #expect(!jobs.hasRoom(on: 1) && !jobs.begin(on: 1))
    #expect(jobs.hasRoom(on: 2) && jobs.begin(on: 2))
    #expect(jobs.count(on: 1) == HashJobs.mostOnADevice && jobs.count(on: 2) == 1)
    jobs.end(on: 1)
    #expect(jobs.begin(on: 1))
  }

  @Test
  func nothingIsLeftOfJobsThatHaveEnded() {
    let jobs = HashJobs()
    for device in UInt64(1)...3 { #expect(jobs.begin(on: device)) }
    for device in UInt64(1)...3 { jobs.end(on: device) }
    #expect(jobs.isEmpty)
  }
}
