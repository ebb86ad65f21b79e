/// A metric with all its samples, as Prometheus reads them: a value.
package struct MetricFamily: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable { case counter, gauge }

  /// A number with its labels.
  package struct Sample: Sendable, Hashable {
    package let labels: [Label]
    package let value: MetricValue

    package init(_ value: MetricValue, _ labels: Label...) {
      (self.value, self.labels) = (value, labels)
    }
  }

  package struct Label: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      (self.name, self.value) = (name, value)
    }
  }

  package let name: String
  package let kind: Kind
  /// One sentence.
  package let help: String
  package let samples: [Sample]

  package static func counter(_ name: String, _ help: String, _ value: MetricValue) -> MetricFamily {
    MetricFamily(name: name, kind: .counter, help: help, samples: [Sample(value)])
  }

  package static func counter(_ name: String, _ help: String, samples: [Sample]) -> MetricFamily {
    MetricFamily(name: name, kind: .counter, help: help, samples: samples)
  }

  package static func gauge(_ name: String, _ help: String, _ value: MetricValue) -> MetricFamily {
    MetricFamily(name: name, kind: .gauge, help: help, samples: [Sample(value)])
  }

  package static func gauge(_ name: String, _ help: String, samples: [Sample]) -> MetricFamily {
    MetricFamily(name: name, kind: .gauge, help: help, samples: samples)
  }
}

/// A whole number or a real one.
package enum MetricValue: Sendable, Hashable {
  case whole(Int64)
  case real(Double)

  package init(_ value: some BinaryInteger) { self = .whole(Int64(clamping: value)) }
  package init(_ value: Double) { self = .real(value) }
  /// 1 or 0.
  package init(_ isSo: Bool) { self = .whole(isSo ? 1 : 0) }

  var text: String {
    switch self {
    case .whole(let value): return String(value)
    case .real(let value):
      if value.isNaN { return "NaN" }
      if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
      return "\(value)"
    }
  }
}
