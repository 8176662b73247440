using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

public sealed class GuardedHttpTests : IDisposable
{
    private const string Host = "hooks.example.com";
    private static readonly TargetPolicy LoopbackAllowed = new(allowPrivate: false, [IPNetwork.Parse("127.0.0.0/8")]);
    private static readonly GuardedHttpLimits Plain = new() { AllowPlainHttp = true };

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ZoneTable _zone = new ZoneTable().Address(Host, "127.0.0.1");
    private readonly ManualTimeProvider _time = new();

    public GuardedHttpTests()
    {
        _listener.Start();
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Posts_to_a_host_found_by_the_resolver_and_brings_the_response()
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);
        using var request = new HttpRequestMessage(HttpMethod.Post, Url()) { Content = new StringContent("{\"a\":1}") };
        var serving = ServeAsync("HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nX-Seen: yes\r\nContent-Length: 5\r\n\r\nhello");

        var response = await http.SendAsync(request, Plain, CancellationToken.None);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.True(response.IsSuccess);
        Assert.Equal("hello", Encoding.ASCII.GetString(response.Body.Span));
        Assert.Equal("text/plain", response.ContentType?.MediaType);
        Assert.Equal("yes", Assert.Single(response.Headers.GetValues("X-Seen")));
        var received = await serving;
        Assert.StartsWith("POST /hook HTTP/1.1\r\n", received, StringComparison.Ordinal);
        Assert.Contains($"Host: {Host}:{Port}\r\n", received, StringComparison.Ordinal);
        Assert.DoesNotContain("traceparent", received, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("127.0.0.1", "loopback")]
    [InlineData("10.0.0.1", "private")]
    [InlineData("169.254.169.254", "link-local")]
    public async Task Refuses_hosts_whose_addresses_are_not_public(string address, string reason)
    {
        using var http = new GuardedHttp(new ZoneTable().Address(Host, address), new TargetPolicy(false, []), _time);

        var refusal = await FailAsync(http, Url());

        Assert.Equal(GuardedHttpFailure.Forbidden, refusal.Failure);
        Assert.False(refusal.IsTemporary);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[::1]/")]
    public async Task Refuses_addresses_in_whatever_spelling(string url)
    {
        using var http = new GuardedHttp(_zone, new TargetPolicy(false, []), _time);

        Assert.Equal(GuardedHttpFailure.Forbidden, (await FailAsync(http, url)).Failure);
        Assert.Empty(_zone.Lookups);
    }

    [Fact]
    public async Task Dials_only_the_allowed_of_several_addresses()
    {
        using var http = new GuardedHttp(new ZoneTable().Address(Host, "10.0.0.1", "127.0.0.1"), LoopbackAllowed, _time);
        var serving = ServeAsync("HTTP/1.1 204 No Content\r\n\r\n");

        using var request = new HttpRequestMessage(HttpMethod.Get, Url());
        var response = await http.SendAsync(request, Plain, CancellationToken.None);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await serving;
    }

    [Theory]
    [InlineData("http://hooks.example.com/", false)]
    [InlineData("ftp://hooks.example.com/", true)]
    [InlineData("file:///etc/passwd", true)]
    [InlineData("https://user@hooks.example.com/", true)]
    public async Task Refuses_urls_it_should_not_call(string url, bool allowPlainHttp)
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);

        var refusal = await Assert.ThrowsAsync<GuardedHttpException>(async () =>
            await http.SendAsync(request, new GuardedHttpLimits { AllowPlainHttp = allowPlainHttp }, CancellationToken.None));

        Assert.Equal(GuardedHttpFailure.Forbidden, refusal.Failure);
        Assert.Empty(_zone.Lookups);
    }

    [Fact]
    public async Task Shows_a_redirect_and_does_not_follow_it()
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);
        var serving = ServeAsync("HTTP/1.1 302 Found\r\nLocation: http://other.example.com/\r\nContent-Length: 0\r\n\r\n");

        using var request = new HttpRequestMessage(HttpMethod.Get, Url());
        var response = await http.SendAsync(request, Plain, CancellationToken.None);
        await serving;

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.False(response.IsSuccess);
        Assert.Equal([$"ADDRESS {Host}"], _zone.Lookups);
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\nhello world")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n")]
    public async Task A_body_over_the_limit_is_an_error(string rest)
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);
        using var request = new HttpRequestMessage(HttpMethod.Get, Url());
        var serving = ServeAsync("HTTP/1.1 200 OK\r\n" + rest);

        var failure = await Assert.ThrowsAsync<GuardedHttpException>(
            async () => await http.SendAsync(request, Plain with { MaxBodyBytes = 10 }, CancellationToken.None));
        await serving;

        Assert.Equal(GuardedHttpFailure.ResponseTooLarge, failure.Failure);
    }

    [Fact]
    public async Task A_body_at_the_limit_is_whole()
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);
        using var request = new HttpRequestMessage(HttpMethod.Get, Url());
        var serving = ServeAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n");

        var response = await http.SendAsync(request, Plain with { MaxBodyBytes = 11 }, CancellationToken.None);
        await serving;

        Assert.Equal(11, response.Body.Length);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello")]
    [InlineData("220 mx.example.com ESMTP\r\n")]
    public async Task A_broken_response_is_a_protocol_failure(string response)
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);
        var serving = ServeAsync(response);

        var failure = await FailAsync(http, Url());
        await serving;

        Assert.Equal(GuardedHttpFailure.Protocol, failure.Failure);
        Assert.True(failure.IsTemporary);
    }

    [Fact]
    public async Task A_host_that_says_nothing_runs_into_the_time_limit()
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);
        using var request = new HttpRequestMessage(HttpMethod.Get, Url());

        var call = http.SendAsync(request, Plain, CancellationToken.None).AsTask();
        using var connection = await _listener.AcceptTcpClientAsync();
        await ReadRequestAsync(connection.GetStream());
        _time.Advance(Plain.Timeout);

        var failure = await Assert.ThrowsAsync<GuardedHttpException>(() => call);
        Assert.Equal(GuardedHttpFailure.Timeout, failure.Failure);
        Assert.Equal($"{Host} did not answer within 10 s", failure.Message);
    }

    [Fact]
    public async Task A_body_that_never_ends_runs_into_the_time_limit()
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);
        using var request = new HttpRequestMessage(HttpMethod.Get, Url());

        var call = http.SendAsync(request, Plain, CancellationToken.None).AsTask();
        using var connection = await _listener.AcceptTcpClientAsync();
        await ReadRequestAsync(connection.GetStream());
        await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"u8.ToArray());
        _time.Advance(Plain.Timeout);

        Assert.Equal(GuardedHttpFailure.Timeout, (await Assert.ThrowsAsync<GuardedHttpException>(() => call)).Failure);
    }

    [Fact]
    public async Task A_caller_that_cancels_gets_its_cancellation()
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);
        using var request = new HttpRequestMessage(HttpMethod.Get, Url());
        using var cancellation = new CancellationTokenSource();

        var call = http.SendAsync(request, Plain, cancellation.Token).AsTask();
        using var connection = await _listener.AcceptTcpClientAsync();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Theory]
    [InlineData(DnsStatus.NoSuchDomain, GuardedHttpFailure.NoSuchHost, false)]
    [InlineData(DnsStatus.NoData, GuardedHttpFailure.NoSuchHost, false)]
    [InlineData(DnsStatus.ServerFailure, GuardedHttpFailure.NameResolution, true)]
    [InlineData(DnsStatus.Timeout, GuardedHttpFailure.NameResolution, true)]
    public async Task Failures_of_dns_are_told_apart(DnsStatus status, GuardedHttpFailure expected, bool isTemporary)
    {
        using var http = new GuardedHttp(new ZoneTable().Fails(Host, status), LoopbackAllowed, _time);

        var failure = await FailAsync(http, Url());

        Assert.Equal(expected, failure.Failure);
        Assert.Equal(isTemporary, failure.IsTemporary);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_a_connection_failure()
    {
        using var http = new GuardedHttp(_zone, LoopbackAllowed, _time);

        var failure = await FailAsync(http, $"http://{Host}:{LoopbackPorts.Free()}/hook");

        Assert.Equal(GuardedHttpFailure.Connection, failure.Failure);
        Assert.True(failure.IsTemporary);
    }

    [Fact]
    public async Task Tls_needs_a_certificate_for_the_host_from_a_trusted_root()
    {
        using var own = NewCertificate(Host);
        using var foreign = NewCertificate("other.example.com");
        using var trusting = new GuardedHttp(_zone, LoopbackAllowed, _time, [own, foreign]);
        using var strict = new GuardedHttp(_zone, LoopbackAllowed, _time);

        Assert.Equal("ok", await CallOverTlsAsync(trusting, own));
        Assert.Equal(GuardedHttpFailure.Tls, (await Assert.ThrowsAsync<GuardedHttpException>(() => CallOverTlsAsync(trusting, foreign))).Failure);
        Assert.Equal(GuardedHttpFailure.Tls, (await Assert.ThrowsAsync<GuardedHttpException>(() => CallOverTlsAsync(strict, own))).Failure);
    }

    private static async Task<GuardedHttpException> FailAsync(GuardedHttp http, string url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        return await Assert.ThrowsAsync<GuardedHttpException>(async () => await http.SendAsync(request, Plain, CancellationToken.None));
    }

    private static X509Certificate2 NewCertificate(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private static async Task<string> ReadRequestAsync(Stream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!IsWhole(text.ToString()))
        {
            var read = await stream.ReadAsync(buffer);
            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    /// <summary>With its body: a connection closed over octets nobody read is reset, and the client may lose the response.</summary>
    private static bool IsWhole(string request)
    {
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var length = Regex.Match(request, "Content-Length: ([0-9]+)");
        return end >= 0 && request.Length - end - 4 >= (length.Success ? int.Parse(length.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0);
    }

    private string Url() => $"http://{Host}:{Port}/hook";

    /// <summary>Takes one connection, reads a request, answers and closes.</summary>
    private async Task<string> ServeAsync(string response)
    {
        using var connection = await _listener.AcceptTcpClientAsync();
        var request = await ReadRequestAsync(connection.GetStream());
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(response));
        return request;
    }

    private async Task<string> CallOverTlsAsync(GuardedHttp http, X509Certificate2 certificate)
    {
        var serving = ServeTlsAsync(certificate);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{Host}:{Port}/");
            var response = await http.SendAsync(request, new GuardedHttpLimits(), CancellationToken.None);
            return Encoding.ASCII.GetString(response.Body.Span);
        }
        finally
        {
            await serving;
        }
    }

    private async Task ServeTlsAsync(X509Certificate2 certificate)
    {
        using var connection = await _listener.AcceptTcpClientAsync();
        await using var tls = new SslStream(connection.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(certificate);
            await ReadRequestAsync(tls);
            await tls.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray());
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client did not like the certificate.
        }
    }
}
