using System.Buffers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Relay.Dns;

/// <summary>The only way to make HTTP calls to addresses others choose. Thread safe; one instance for the process.</summary>
/// <remarks>
/// Names are resolved by <see cref="IDnsResolver"/> and each address is judged by <see cref="TargetPolicy"/> when it is dialled.
/// No redirects, no system proxy, no cookies, no credentials, no decompression, no trace headers; time and size are bounded.
/// </remarks>
public sealed class GuardedHttp : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly TimeProvider _time;
    private readonly X509Certificate2Collection _extraRoots;
    private readonly HttpMessageInvoker _invoker;

    /// <param name="extraRoots">Certification authorities trusted besides the system's, for closed networks.</param>
    public GuardedHttp(IDnsResolver resolver, TargetPolicy policy, TimeProvider time, X509Certificate2Collection? extraRoots = null)
    {
        _time = time;
        _extraRoots = extraRoots ?? [];
        _invoker = new HttpMessageInvoker(NewHandler(new GuardedDialer(resolver, policy, time)));
    }

    /// <summary>Sends one request and reads the whole response.</summary>
    /// <exception cref="GuardedHttpException">There is no response within the limits.</exception>
    public async ValueTask<GuardedResponse> SendAsync(
        HttpRequestMessage request, GuardedHttpLimits limits, CancellationToken cancellationToken)
    {
        CheckUri(request.RequestUri, limits);
        using var timeout = new CancellationTokenSource(limits.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await _invoker.SendAsync(request, either.Token);
            var body = await ReadBodyAsync(response.Content, limits, either.Token);
            return new GuardedResponse(response.StatusCode, response.Headers, response.Content.Headers.ContentType, body);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GuardedHttpException(
                GuardedHttpFailure.Timeout, $"{request.RequestUri!.Host} did not answer within {limits.Timeout.TotalSeconds:0.#} s", e);
        }
        catch (HttpRequestException e)
        {
            throw Translate(request.RequestUri!.Host, e);
        }
        catch (IOException e)
        {
            throw new GuardedHttpException(GuardedHttpFailure.Protocol, $"the connection to {request.RequestUri!.Host} broke", e);
        }
    }

    public void Dispose() => _invoker.Dispose();

    private SocketsHttpHandler NewHandler(GuardedDialer dialer) => new()
    {
        ConnectCallback = (context, token) => dialer.ConnectAsync(context.DnsEndPoint, token),
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 32,
        MaxResponseDrainSize = 0,
        MaxConnectionsPerServer = 16,
        ConnectTimeout = TimeSpan.FromSeconds(30),

        // Addresses change: a connection is used for a minute, then the name is resolved and judged again.
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = NewChainPolicy(),
            RemoteCertificateValidationCallback = IsTrusted,
        },
    };

    private static void CheckUri(Uri? uri, GuardedHttpLimits limits)
    {
        if (uri is null || !uri.IsAbsoluteUri)
        {
            throw new GuardedHttpException(GuardedHttpFailure.Forbidden, "the URL is not absolute");
        }

        var isAllowedScheme = uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && limits.AllowPlainHttp);
        if (!isAllowedScheme)
        {
            var schemes = limits.AllowPlainHttp ? "https and http" : "https";
            throw new GuardedHttpException(GuardedHttpFailure.Forbidden, $"only {schemes} may be called, not {uri.Scheme}");
        }

        if (uri.UserInfo.Length > 0)
        {
            throw new GuardedHttpException(GuardedHttpFailure.Forbidden, "the URL carries a user name");
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContent content, GuardedHttpLimits limits, CancellationToken cancellationToken)
    {
        var maxBytes = limits.MaxBodyBytes;
        if (!limits.CutsBody && content.Headers.ContentLength > maxBytes)
        {
            throw TooLarge(maxBytes);
        }

        var stream = await content.ReadAsStreamAsync(cancellationToken);
        var body = new ArrayBufferWriter<byte>();
        int read;
        while ((read = await stream.ReadAsync(body.GetMemory(4096), cancellationToken)) > 0)
        {
            body.Advance(read);
            if (body.WrittenCount > maxBytes)
            {
                return limits.CutsBody ? body.WrittenMemory[..maxBytes] : throw TooLarge(maxBytes);
            }
        }

        return body.WrittenMemory;
    }

    private static GuardedHttpException TooLarge(int maxBytes) =>
        new(GuardedHttpFailure.ResponseTooLarge, $"the response body exceeds {maxBytes} bytes");

    private static GuardedHttpException Translate(string host, HttpRequestException e) => e switch
    {
        { InnerException: GuardedHttpException known } => new GuardedHttpException(known.Failure, known.Message, e),
        { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            new GuardedHttpException(GuardedHttpFailure.Tls, $"{host} offered no TLS with a certificate trusted for this name", e),
        { HttpRequestError: HttpRequestError.ConnectionError } =>
            new GuardedHttpException(GuardedHttpFailure.Connection, $"no connection to {host}", e),
        _ => new GuardedHttpException(GuardedHttpFailure.Protocol, $"{host} did not answer in HTTP, or broke off", e),
    };

    /// <summary>A certificate may name URLs for its issuer and its revocation list; they are the peer's choice, so they are not called.</summary>
    private static X509ChainPolicy NewChainPolicy()
    {
        var policy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return policy;
    }

    /// <summary>The system's verdict; a chain that only lacks a known root may end in one of ours.</summary>
    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || _extraRoots.Count == 0 || certificate is not X509Certificate2 leaf)
        {
            return false;
        }

        using var own = new X509Chain { ChainPolicy = NewChainPolicy() };
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_extraRoots);
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return own.Build(leaf);
    }
}
