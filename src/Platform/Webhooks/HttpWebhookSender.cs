using System.Net;
using System.Net.Http.Headers;
using Relay.Dns;

namespace Relay.Platform.Webhooks;

/// <summary>Calls over HTTP, to addresses the target policy allows, without following redirects.</summary>
internal sealed class HttpWebhookSender(GuardedHttp http, PlatformOptions options, TimeProvider time) : IWebhookSender
{
    private const int KeptBodyBytes = 4 * 1024;
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly GuardedHttpLimits _limits = new()
    {
        MaxBodyBytes = KeptBodyBytes,
        CutsBody = true,
        AllowPlainHttp = options.AllowPlainWebhooks,
    };

    public async ValueTask<WebhookReply> SendAsync(WebhookRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, request.Url) { Content = new ReadOnlyMemoryContent(request.Body) };
        message.Content.Headers.ContentType = Json;
        foreach (var (name, value) in request.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            var response = await http.SendAsync(message, LimitsOf(request), cancellationToken);
            return new WebhookReply { Status = (int)response.StatusCode, Body = response.Body, RetryAfter = RetryAfter(response) };
        }
        catch (GuardedHttpException trouble)
        {
            return new WebhookReply { Trouble = trouble.Message };
        }
    }

    private GuardedHttpLimits LimitsOf(WebhookRequest request) =>
        _limits with { Timeout = request.Timeout, AllowPlainHttp = _limits.AllowPlainHttp || request.AllowPlainHttp };

    private TimeSpan? RetryAfter(GuardedResponse response) =>
        response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
            ? response.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } => date - time.GetUtcNow(),
                _ => null,
            }
            : null;
}
