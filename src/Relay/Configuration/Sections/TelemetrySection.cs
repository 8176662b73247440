namespace Relay;

/// <summary><c>[telemetry]</c>: metrics and traces to an OpenTelemetry collector. Nothing is sent unless <c>endpoint</c> is given.</summary>
internal sealed class TelemetrySection
{
    /// <summary>Of the collector, for example "http://127.0.0.1:4317". Default: none; Prometheus reads /metrics without it.</summary>
    [Setting(Shown = "nothing is sent")]
    public Uri? Endpoint { get; init; }

    /// <summary>How the collector is spoken to. Default grpc, what collectors listen for on port 4317; http is port 4318.</summary>
    [Setting]
    public OtlpProtocol Protocol { get; init; } = OtlpProtocol.Grpc;
}

internal enum OtlpProtocol
{
    Grpc,
    Http,
}
