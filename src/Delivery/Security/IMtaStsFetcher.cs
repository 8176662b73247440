using System.Net;
using Relay.Dns;

namespace Relay.Delivery;

/// <summary>Fetches policy files.</summary>
internal interface IMtaStsFetcher
{
    /// <exception cref="MtaStsFetchException">There is none to be had now.</exception>
    ValueTask<ReadOnlyMemory<byte>> FetchAsync(string domain, CancellationToken cancellationToken);
}

/// <summary>No policy could be fetched; the message is the end of a sentence.</summary>
internal sealed class MtaStsFetchException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The host is to be mended: asking again does not help.</summary>
    public bool IsCertain { get; init; }
}

/// <summary>By HTTPS from the well-known place: certificate verified, no redirects, 64 KiB and 30 seconds at most (RFC 8461 §3.3).</summary>
internal sealed class HttpsMtaStsFetcher(GuardedHttp http) : IMtaStsFetcher
{
    private static readonly GuardedHttpLimits Limits = new() { MaxBodyBytes = 64 * 1024, Timeout = TimeSpan.FromSeconds(30) };

    public async ValueTask<ReadOnlyMemory<byte>> FetchAsync(string domain, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://mta-sts.{domain}/.well-known/mta-sts.txt"));
        GuardedResponse response;
        try
        {
            response = await http.SendAsync(request, Limits, cancellationToken);
        }
        catch (GuardedHttpException exception)
        {
            throw new MtaStsFetchException(exception.Message, exception)
            {
                IsCertain = exception.Failure is GuardedHttpFailure.Tls or GuardedHttpFailure.NoSuchHost or GuardedHttpFailure.ResponseTooLarge,
            };
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new MtaStsFetchException($"the host answered {(int)response.StatusCode}") { IsCertain = (int)response.StatusCode < 500 };
        }

        return response.ContentType?.MediaType?.Equals("text/plain", StringComparison.OrdinalIgnoreCase) == true
            ? response.Body
            : throw new MtaStsFetchException("the answer is not text/plain") { IsCertain = true };
    }
}
