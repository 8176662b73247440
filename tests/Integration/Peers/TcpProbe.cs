using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Relay.Tests.Integration;

/// <summary>Does a mail server greet at this address?</summary>
internal static class TcpProbe
{
    public static async Task<bool> AnswersAsync(string address, int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Parse(address), port);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            var buffer = new byte[512];
            var read = await client.GetStream().ReadAsync(buffer, limit.Token);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("QUIT\r\n"), limit.Token);
            return read >= 3 && Encoding.ASCII.GetString(buffer, 0, 3) == "220";
        }
        catch (Exception trouble) when (trouble is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
