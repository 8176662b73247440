using System.Globalization;

namespace Relay.Bench.Load;

/// <summary>dnsmasq with MX and A for d1.test … d20.test.</summary>
internal static class Zone
{
    public static string DomainOf(int number) => string.Create(CultureInfo.InvariantCulture, $"d{1 + (number % SmtpSink.Addresses)}.test");

    /// <summary>All but the first domain.</summary>
    public static string HealthyDomainOf(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"d{2 + (number % (SmtpSink.Addresses - 1))}.test");

    public static Daemon Serve(string folder)
    {
        var records = Enumerable.Range(1, SmtpSink.Addresses).SelectMany(n => (string[])[$"--mx-host=d{n}.test,mx.d{n}.test,10", $"--host-record=mx.d{n}.test,127.0.1.{n}"]);
        return Daemon.Start(
            Path.Combine(folder, "dnsmasq.log"),
            "dnsmasq",
            ["--keep-in-foreground", "--conf-file=/dev/null", "--port=53", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts", "--pid-file=", "--user=root", "--local=/test/", "--local-ttl=60", .. records]);
    }
}
