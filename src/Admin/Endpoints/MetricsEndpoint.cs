using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Relay.Admin;

/// <summary>The program's metrics for Prometheus, with the admin token as bearer.</summary>
internal sealed class MetricsEndpoint
{
    private readonly MetricsCollector _collector;

    public MetricsEndpoint(MetricsCollector collector) => _collector = collector;

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", () => TypedResults.Text(PrometheusWriter.Write(_collector.Collect()), PrometheusWriter.ContentType))
            .WithSummary("Metrics in the Prometheus text format").Produces<string>(StatusCodes.Status200OK, "text/plain").WithExample(answer: OperationExamples.Metrics);
}
