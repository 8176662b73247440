using System.Net;
using System.Net.Http.Headers;

namespace Relay.Dns;

/// <summary>A whole response, whatever its status; redirects are not followed and show as 3xx.</summary>
/// <param name="Body">At most <see cref="GuardedHttpLimits.MaxBodyBytes"/>, as sent: content codings are not undone.</param>
public sealed record GuardedResponse(HttpStatusCode StatusCode, HttpResponseHeaders Headers, MediaTypeHeaderValue? ContentType, ReadOnlyMemory<byte> Body)
{
    public bool IsSuccess => (int)StatusCode is >= 200 and <= 299;
}
