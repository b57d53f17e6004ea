// What Java programs do: interfaces and boxes, collections and streams, strings, arrays, exceptions, garbage.
import java.util.*;
import java.util.stream.*;

public class Work {
    interface Node { int eval(int x); }
    record Num(int v) implements Node { public int eval(int x) { return v; } }
    record Var() implements Node { public int eval(int x) { return x; } }
    record Op(char c, Node a, Node b) implements Node {
        public int eval(int x) {
            int l = a.eval(x), r = b.eval(x);
            return switch (c) { case '+' -> l + r; case '*' -> l * r; case '^' -> l ^ r; default -> l - r; };
        }
    }

    static int seed = 1;
    static int random(int n) { seed = seed * 1103515245 + 12345; return (seed >>> 8) % n; }

    static Node tree(int depth) {
        if (depth == 0) return random(2) == 0 ? new Num(random(100)) : new Var();
        return new Op("+*^-".charAt(random(4)), tree(depth - 1), tree(depth - 1));
    }

    static long trees() {
        long sum = 0;
        Node t = tree(10);
        for (int i = 0; i < 2000; i++) sum += t.eval(i);
        return sum;
    }

    static int collections() {
        Map<String, Integer> count = new HashMap<>();
        for (int i = 0; i < 120000; i++) count.merge("key" + random(9000), i, Integer::sum);
        List<String> keys = new ArrayList<>(count.keySet());
        Collections.sort(keys);
        return keys.stream().filter(k -> count.get(k) % 3 == 0).collect(Collectors.joining(",")).length();
    }

    static double matrix() {
        int n = 160;
        double[][] a = new double[n][n], b = new double[n][n], c = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) { a[i][j] = i + j; b[i][j] = i - j; }
        for (int i = 0; i < n; i++) for (int k = 0; k < n; k++) for (int j = 0; j < n; j++) c[i][j] += a[i][k] * b[k][j];
        return c[7][9];
    }

    static int exceptions() {
        int n = 0;
        for (int i = 0; i < 20000; i++) {
            try {
                Object o = i % 5 == 0 ? null : "text" + i;
                n += o.toString().length() + Integer.parseInt(i % 9 == 0 ? "x" : "7");
            } catch (NullPointerException | NumberFormatException e) {
                n += e instanceof NullPointerException ? 3 : 2;
            }
        }
        return n;
    }

    public static void main(String[] args) {
        for (int i = 0; i < 6; i++) System.out.println(trees() + " " + collections() + " " + matrix() + " " + exceptions());
    }
}
