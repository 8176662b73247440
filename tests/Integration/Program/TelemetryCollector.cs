using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>A collector of OpenTelemetry's protocol (OTLP 1) by HTTP with protobuf, or by gRPC without TLS: keeps spans, and names of metrics.</summary>
public sealed class TelemetryCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<Span> _spans = new();
    private readonly ConcurrentDictionary<string, bool> _metrics = new(StringComparer.Ordinal);
    private readonly WebApplication _application;

    private TelemetryCollector(int port, string protocol)
    {
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Url);

        // Without TLS there is no ALPN to choose by: a gRPC client begins with HTTP/2 at once.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(
            endpoint => endpoint.Protocols = protocol == "grpc" ? HttpProtocols.Http2 : HttpProtocols.Http1));
        _application = builder.Build();
        if (protocol == "grpc")
        {
            _application.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", (HttpContext context) => TakeCallAsync(context, AddSpans));
            _application.MapPost("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", (HttpContext context) => TakeCallAsync(context, AddMetrics));
        }
        else
        {
            _application.MapPost("/v1/traces", (HttpRequest request) => TakeAsync(request, AddSpans));
            _application.MapPost("/v1/metrics", (HttpRequest request) => TakeAsync(request, AddMetrics));
        }
    }

    public string Url { get; }

    public IReadOnlyList<Span> Spans => [.. _spans];

    public IReadOnlyCollection<string> Metrics => [.. _metrics.Keys];

    /// <param name="protocol">grpc or http.</param>
    public static async Task<TelemetryCollector> StartAsync(string protocol)
    {
        var collector = new TelemetryCollector(LoopbackPorts.Free(), protocol);
        await collector._application.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static async Task TakeAsync(HttpRequest request, Action<byte[]> add)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        add(body.ToArray());
        request.HttpContext.Response.ContentType = "application/x-protobuf";
    }

    // A call of gRPC: one message behind a flag and its length, the same for the (empty) answer, the status in the trailer.
    private static async Task TakeCallAsync(HttpContext context, Action<byte[]> add)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = body.ToArray();
        if (context.Request.ContentType != "application/grpc" || call[0] != 0 || BinaryPrimitives.ReadInt32BigEndian(call.AsSpan(1)) != call.Length - 5)
        {
            throw new InvalidDataException("no call of gRPC with one plain message");
        }

        add(call[5..]);
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    // ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2.
    private void AddSpans(byte[] request)
    {
        foreach (var span in At(request, 1, 2, 2))
        {
            _spans.Enqueue(new Span(Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4)));
        }
    }

    // resource_metrics = 1, scope_metrics = 2, metrics = 2; Metric.name = 1.
    private void AddMetrics(byte[] request)
    {
        foreach (var metric in At(request, 1, 2, 2))
        {
            _metrics[Text(metric, 1)] = true;
        }
    }

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(At(message, field).FirstOrDefault() ?? []);

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(At(message, field).FirstOrDefault() ?? []);

    /// <summary>All values of a length-delimited field, going down by field numbers.</summary>
    private static IEnumerable<byte[]> At(byte[] message, params IReadOnlyList<int> path) => path.Count == 0
        ? [message]
        : Fields(message).Where(field => field.Number == path[0]).SelectMany(field => At(field.Value, [.. path.Skip(1)]));

    private static IEnumerable<(int Number, byte[] Value)> Fields(byte[] message)
    {
        for (var place = 0; place < message.Length;)
        {
            var tag = Varint(message, ref place);
            var length = (tag & 7) switch
            {
                0 => 0,
                1 => 8,
                2 => (int)Varint(message, ref place),
                5 => 4,
                var other => throw new InvalidDataException($"wire type {other}"),
            };
            if ((tag & 7) == 0)
            {
                Varint(message, ref place);
            }
            else if ((tag & 7) == 2)
            {
                yield return ((int)(tag >> 3), message[place..(place + length)]);
            }

            place += length;
        }
    }

    private static ulong Varint(byte[] message, ref int place)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var octet = message[place++];
            value |= (ulong)(octet & 0x7f) << shift;
            if (octet < 0x80)
            {
                return value;
            }
        }
    }

    /// <param name="TraceId">32 hex digits.</param>
    /// <param name="Parent">16 hex digits; empty for a root.</param>
    public sealed record Span(string Name, string TraceId, string Id, string Parent);
}
