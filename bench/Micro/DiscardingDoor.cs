using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Smtp;
using Relay.Smtp.Server;

namespace Relay.Bench.Micro;

/// <summary>The protocol engine on the transport it has in the server, with a policy that allows everything and a sink that keeps nothing.</summary>
/// <remarks>What accepting costs without storing; started by the load program: <c>Relay.Bench.Micro door 127.0.0.1:2525 127.0.0.1:8026</c>.</remarks>
internal static class DiscardingDoor
{
    public const string Command = "door";

    public static async Task RunAsync(IPEndPoint smtp, IPEndPoint metrics)
    {
        using var certificate = NewCertificate();
        var tls = new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true) };
        var options = new SmtpServerOptions
        {
            Listener = "door",
            Hostname = "relay.example.com",
            TlsOptions = () => tls,
            Limits = new SmtpServerLimits { MaxConnectionsPerAddress = 500, MaxTransactions = 1_000_000 },
        };
        using var smtpMetrics = new SmtpMetrics();
        var handler = new SmtpConnectionHandler(options, new OpenPolicy(), new DiscardingSink(), TimeProvider.System, smtpMetrics, NullLogger<SmtpConnectionHandler>.Instance);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.Listen(smtp, endpoint => endpoint.Run(handler.OnConnectedAsync));
            kestrel.Listen(metrics);
        });
        await using var host = builder.Build();
        host.Run(context => context.Response.WriteAsync(
            string.Create(CultureInfo.InvariantCulture, $"relay_process_allocated_bytes_total {GC.GetTotalAllocatedBytes()}\n"), context.RequestAborted));
        await host.RunAsync();
    }

    internal static X509Certificate2 NewCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=relay.example.com", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }

    private sealed class OpenPolicy : ISmtpPolicy
    {
        private static readonly SmtpReply NoLogins = SmtpReply.Of(535, "5.7.8", "there are no logins here");

        public ValueTask<SmtpReply?> ConnectAsync(SmtpSession session, CancellationToken cancellationToken) => default;

        public ValueTask<SmtpReply?> ContinueAsync(SmtpSession session, CancellationToken cancellationToken) => default;

        public bool OffersAuthentication(SmtpSession session) => false;

        public ValueTask<AuthenticationResult> AuthenticateAsync(SmtpSession session, string login, string password, CancellationToken cancellationToken) => Refused();

        public ValueTask<ScramLookup> FindScramAsync(SmtpSession session, string login, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new ScramLookup(null, NoLogins));

        public ValueTask<AuthenticationResult> DecideScramAsync(SmtpSession session, string login, bool isProven, CancellationToken cancellationToken) => Refused();

        public ValueTask<AuthenticationResult> AuthenticateCertificateAsync(SmtpSession session, string identity, CancellationToken cancellationToken) => Refused();

        public ValueTask<AuthenticationResult?> IdentifyAsync(SmtpSession session, CancellationToken cancellationToken) => default;

        public ValueTask<SmtpReply?> MailAsync(SmtpSession session, Envelope envelope, long? announcedSize, CancellationToken cancellationToken) => default;

        public ValueTask<SmtpReply?> RecipientAsync(SmtpSession session, Envelope envelope, EnvelopeRecipient recipient, CancellationToken cancellationToken) => default;

        private static ValueTask<AuthenticationResult> Refused() => ValueTask.FromResult(AuthenticationResult.Refused(NoLogins));
    }

    private sealed class DiscardingSink : IMessageSink
    {
        public ValueTask<MessageSinkResult> BeginAsync(SmtpSession session, Envelope envelope, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new MessageSinkResult(new DiscardingWriter(), null));
    }

    private sealed class DiscardingWriter : IMessageWriter
    {
        private static readonly SmtpReply Taken = SmtpReply.Of(250, "2.0.0", "discarded");

        public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask<SmtpReply> CommitAsync() => ValueTask.FromResult(Taken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
