using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>The application's side of webhooks: keeps what is posted and answers as told.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<ReceivedHook> _received = new();

    private WebhookReceiver(WebApplication application, int port)
    {
        _application = application;
        Port = port;
        application.Run(ReceiveAsync);
    }

    public int Port { get; }

    /// <summary>Decides the status by what came; 200 unless a test says otherwise. Negative: never answers.</summary>
    public Func<ReceivedHook, int> Answer { get; set; } = _ => 200;

    public IReadOnlyList<ReceivedHook> Received => [.. _received];

    public static async Task<WebhookReceiver> StartAsync()
    {
        var port = LoopbackPorts.Free();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        var receiver = new WebhookReceiver(builder.Build(), port);
        await receiver._application.StartAsync();
        return receiver;
    }

    public string Url(string path = "/") => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}{path}");

    public async Task<ReceivedHook> GetsAsync(string type, int count = 1)
    {
        await Poll.UntilAsync($"{count} calls of {type}; there were {string.Join(' ', Received.Select(hook => hook.Type))}",
            () => Received.Count(hook => hook.Type == type) >= count, TimeSpan.FromSeconds(60));
        return Received.Last(hook => hook.Type == type);
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var hook = new ReceivedHook(
            context.Request.Path, context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
        _received.Enqueue(hook);
        var status = Answer(hook);
        if (status < 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }

        context.Response.StatusCode = status;
        if (status is >= 300 and < 400)
        {
            context.Response.Headers.Location = Url("/elsewhere");
        }

        await context.Response.WriteAsync(new string('x', 10_000), context.RequestAborted);
    }
}

internal sealed record ReceivedHook(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string Type => Headers.GetValueOrDefault("X-UseSend-Event", "");
}
