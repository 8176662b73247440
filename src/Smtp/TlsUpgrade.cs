using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Relay.Smtp.Server;

namespace Relay.Smtp;

/// <summary>Puts TLS on a connection and new pipes over it; the plaintext pipes stay below and belong to the connection.</summary>
internal sealed class TlsUpgrade : IDuplexPipe, IAsyncDisposable
{
    // One TLS record, so that a record is decrypted straight into the pipe's buffer.
    private const int BufferBytes = 16 * 1024;

    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: BufferBytes, leaveOpen: true, useZeroByteReads: false);
    private static readonly StreamPipeWriterOptions WriterOptions = new(leaveOpen: true);

    private readonly SslStream _tls;

    private TlsUpgrade(SslStream tls, ClientCertificateCheck? clients)
    {
        _tls = tls;
        Input = PipeReader.Create(tls, ReaderOptions);
        Output = PipeWriter.Create(tls, WriterOptions);
        Info = Describe(tls, clients);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public TlsInfo Info { get; }

    /// <summary>The server's side of the handshake; TLS 1.2 at least (RFC 8996).</summary>
    /// <param name="options">By the name the client asks for (RFC 6066 §3), empty without one.</param>
    /// <param name="clients">Null: clients' certificates are not asked for.</param>
    /// <exception cref="AuthenticationException">The two sides could not agree.</exception>
    /// <exception cref="IOException">The connection was lost or did not speak TLS.</exception>
    public static async ValueTask<TlsUpgrade> AcceptAsync(
        IDuplexPipe plain, Func<string, SslServerAuthenticationOptions> options, ClientCertificateRules? clients, CancellationToken cancellationToken)
    {
        var check = clients is null ? null : new ClientCertificateCheck(clients);
        var tls = new SslStream(new DuplexPipeStream(plain), leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync(
                (_, hello, _, _) => ValueTask.FromResult(ForOneHandshake(options(hello.ServerName), check)),
                null,
                cancellationToken);
            return new TlsUpgrade(tls, check);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Says goodbye first: OpenSSL reports a connection closed without close_notify as cut off.</summary>
    public async ValueTask CloseAsync()
    {
        try
        {
            await _tls.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The other side went first; there is nobody left to say it to.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        try
        {
            await Output.CompleteAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Completing flushes what was left, to a peer that is gone.
        }

        await _tls.DisposeAsync();
    }

    // The listener's own are shared by all its connections: only the certificate context, dear to make, is.
    private static SslServerAuthenticationOptions ForOneHandshake(SslServerAuthenticationOptions listener, ClientCertificateCheck? clients)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = listener.ServerCertificateContext,
            EnabledSslProtocols = AtLeastTls12(listener.EnabledSslProtocols),
            AllowRenegotiation = false,
        };
        clients?.ApplyTo(options);
        return options;
    }

    private static SslProtocols AtLeastTls12(SslProtocols wanted)
    {
        const SslProtocols Modern = SslProtocols.Tls12 | SslProtocols.Tls13;
        var allowed = wanted & Modern;
        return allowed == SslProtocols.None ? Modern : allowed;
    }

    private static TlsInfo Describe(SslStream tls, ClientCertificateCheck? clients) => new(
        tls.SslProtocol switch
        {
            SslProtocols.Tls12 => "TLS1.2",
            SslProtocols.Tls13 => "TLS1.3",
            var other => other.ToString(),
        },
        tls.NegotiatedCipherSuite.ToString(),
        tls.RemoteCertificate is not null && tls.IsMutuallyAuthenticated)
    {
        ServerEndPoint = tls.LocalCertificate is X509Certificate2 certificate ? EndPointHash(certificate) : null,
        Client = clients?.Describe(tls.RemoteCertificate),
    };

    // RFC 5929 §4.1: the hash of the certificate's signature, but SHA-256 in place of MD5 and SHA-1.
    private static byte[] EndPointHash(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value switch
    {
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => certificate.GetCertHash(HashAlgorithmName.SHA384),
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => certificate.GetCertHash(HashAlgorithmName.SHA512),
        _ => certificate.GetCertHash(HashAlgorithmName.SHA256),
    };
}
